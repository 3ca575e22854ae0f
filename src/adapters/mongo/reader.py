"""Reads. Each page is one batch, so that no cursor stays open on any server."""

from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any, Final

from bson import decode_all
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo import queries
from adapters.mongo.documents import PENDING, RESEALED, Document, beyond_kind, document_id, is_live, to_record
from adapters.mongo.queries import Query
from ports.storage import Record, Ref

STRIDE: Final = 100
"""How many documents are asked for at a time among which some may be of kinds that nobody wants."""

IDS_AT_ONCE: Final = 500
"""The most documents that one query asks for by their ids."""

# A batch ends at about 16 MiB, and documents are at most 2 MiB: a smaller batch is short for want of documents.
_MAYBE_CUT: Final = 8 << 20


async def one(records: AsyncCollection[Document], document_id: str) -> Record | None:
    """Return the record with an id, or None where there is none or a tombstone."""
    document = await records.find_one({"_id": document_id})
    return to_record(document) if document is not None and is_live(document) else None


async def some(records: AsyncCollection[Document], query: Query) -> list[Record]:
    """Return the records and tombstones that one batch holds: fewer than `limit` only if it is full, or the last."""
    documents, _ = await _batch(records, query)
    return [to_record(document) for document in documents]


async def waiting(records: AsyncCollection[Document], limit: int) -> list[Record]:
    """Return what waits for the backups: what is new, as much as one batch holds; if that is all, what is re-sealed."""
    documents, ended = await _batch(records, queries.unshipped(PENDING, limit))
    if ended:
        more, _ = await _batch(records, queries.unshipped(RESEALED, limit - len(documents)))
        documents += more
    return [to_record(document) for document in documents]


async def page(
    records: AsyncCollection[Document],
    scope: tuple[str, str],
    prefix: str,
    after: str | None,
    limit: int,
    *,
    reverse: bool,
) -> list[Record]:
    """Return a page of one tenant and kind, without tombstones, that is short only if it is the last one."""

    def beyond(last: Document | None, rest: int) -> Query:
        return queries.page(scope, prefix, last["key"] if last else after, rest, reverse=reverse)

    return await _live(records, beyond, limit)


async def everything(
    records: AsyncCollection[Document], after: Ref | None, limit: int, without: frozenset[str]
) -> list[Record]:
    """Return a page of all tenants, without tombstones and some kinds, that is short only if it is the last one.

    Where kinds are left out, the batches are short: the first document of such a kind leads beyond its last, and the
    others of its batch have been read for nothing.
    """
    found: list[Record] = []
    place = None if after is None else document_id(after)
    most = STRIDE if without else limit
    while len(found) < limit:
        documents, ended = await _batch(records, queries.everything(place, min(most, limit - len(found))))
        wanted = list(takewhile(lambda document: document["kind"] not in without, documents))
        found += [to_record(document) for document in wanted if is_live(document)]
        if len(wanted) < len(documents):
            place = beyond_kind(documents[len(wanted)])
        elif ended:
            break
        else:
            place = documents[-1]["_id"]
    return found


async def heads(records: AsyncCollection[Document], ids: Iterable[str]) -> dict[str, Document]:
    """Return, by id, what `rev` and `shipping` are in each of these documents that is there."""
    wanted, found = list(dict.fromkeys(ids)), {}
    for start in range(0, len(wanted), IDS_AT_ONCE):
        some_ids = wanted[start : start + IDS_AT_ONCE]
        query = Query({"_id": {"$in": some_ids}}, (("_id", ASCENDING),), len(some_ids))
        async for document in records.find(projection={"rev": 1, "shipping": 1}, **_in_one_batch(query)):
            found[document["_id"]] = document
    return found


async def ids(records: AsyncCollection[Document], query: Query) -> list[str]:
    """Return the ids alone of what the query selects."""
    cursor = records.find(projection={"_id": 1}, **_in_one_batch(query))
    return [document["_id"] async for document in cursor]


async def _live(
    records: AsyncCollection[Document], beyond: Callable[[Document | None, int], Query], limit: int
) -> list[Record]:
    """Go on from batch to batch until enough of what was found is no tombstone, or there is nothing more."""
    found: list[Record] = []
    last: Document | None = None
    while len(found) < limit:
        documents, ended = await _batch(records, beyond(last, limit - len(found)))
        found += [to_record(document) for document in documents if is_live(document)]
        if ended:
            break
        last = documents[-1]
    return found


async def _batch(records: AsyncCollection[Document], query: Query) -> tuple[list[Document], bool]:
    """Return one batch, and whether there is certainly nothing beyond it."""
    cursor = records.find_raw_batches(**_in_one_batch(query))
    content = b"".join([batch async for batch in cursor])  # type: ignore[misc] # The driver does not type raw batches.
    documents = decode_all(content)
    return documents, len(documents) < query.limit and len(content) < _MAYBE_CUT


def _in_one_batch(query: Query) -> dict[str, Any]:
    """Return how the driver is asked so that a server keeps no cursor, which is what a negative limit tells it.

    The size of the batch must be told, too: else a server ends the first one at 101 documents.
    """
    limit = query.limit
    return {"filter": query.condition, "sort": query.order, "limit": -limit, "batch_size": limit}
