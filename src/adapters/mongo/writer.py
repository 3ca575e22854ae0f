"""Writes: each changes single documents, filtered on `_id` and `rev` alone, and is safe when it returns."""

from collections.abc import Sequence
from itertools import groupby

from pymongo import DeleteOne, ReplaceOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from adapters.mongo import errors, reader
from adapters.mongo.documents import NEVER, PENDING, RESEALED, SHIPPED, Document, document_id, to_document
from ports.errors import Conflict
from ports.storage import ABSENT, Record, Ref


async def put(records: AsyncCollection[Document], record: Record) -> None:
    """Store one record over the revision before it; raises Conflict having changed nothing."""
    if _is_new(record):
        await _create(records, record)
    else:
        await _replace(records, record)


async def put_many(records: AsyncCollection[Document], batch: Sequence[Record]) -> None:
    """Put in order. New records that stand side by side take one trip.

    Any other takes a trip of its own, since an engine does not end a batch at a replacement that finds nothing.
    """
    for new, group in groupby(batch, _is_new):
        if new:
            await _create_many(records, list(group))
        else:
            for record in group:
                await _replace(records, record)


async def delete(records: AsyncCollection[Document], ref: Ref, rev: int) -> None:
    """Leave a tombstone, or nothing of what is never shipped; raises Conflict having changed nothing."""
    place = document_id(ref)
    head = (await reader.heads(records, [place])).get(place)
    if head is None or head["rev"] != rev:
        raise Conflict(ref)
    if head["shipping"] == NEVER:
        changed = (await records.delete_one(_at(place, rev))).deleted_count
    else:
        changes = {"rev": -(rev + 1), "generation": 0, "shipping": PENDING}
        burial = {"$set": changes, "$unset": {"body": "", "due": ""}}
        changed = (await records.update_one(_at(place, rev), burial)).matched_count
    if not changed:
        raise Conflict(ref)


async def mark_shipped(records: AsyncCollection[Document], revisions: Sequence[tuple[Ref, int]]) -> None:
    """Note what is backed up and let go of tombstones, at exactly these revisions."""
    wanted = {(document_id(ref), rev) for ref, rev in revisions}
    heads = await reader.heads(records, (place for place, _ in sorted(wanted)))
    writes: list[UpdateOne | DeleteOne] = []
    for place, head in heads.items():
        rev = head["rev"]
        if (place, -rev) in wanted:
            writes.append(DeleteOne(_at(place, rev)))
        elif (place, rev) in wanted and head["shipping"] in {PENDING, RESEALED}:
            writes.append(UpdateOne(_at(place, rev), {"$set": {"shipping": SHIPPED}}))
    if writes:
        await records.bulk_write(writes)


async def apply(records: AsyncCollection[Document], given: Sequence[Record]) -> None:
    """Store exactly what is given where its revision is higher, whoever else writes meanwhile."""
    pending = _highest(given)
    while pending:
        heads = await reader.heads(records, pending)
        stored = {place: int(head["rev"]) for place, head in heads.items()}
        pending = {place: record for place, record in pending.items() if record.rev > abs(stored.get(place, ABSENT))}
        await _overwrite(records, pending, stored)


async def erase_some(records: AsyncCollection[Document], places: Sequence[str]) -> int:
    """Remove documents by their ids; return how many were there."""
    return (await records.bulk_write([DeleteOne({"_id": place}) for place in places])).deleted_count


async def _create(records: AsyncCollection[Document], record: Record) -> None:
    try:
        await records.insert_one(to_document(record))
    except DuplicateKeyError as error:
        raise Conflict(record.ref) from error


async def _create_many(records: AsyncCollection[Document], batch: Sequence[Record]) -> None:
    try:
        await records.insert_many([to_document(record) for record in batch])
    except BulkWriteError as error:
        if (position := errors.refused_at(error)) is None:
            raise
        raise Conflict(batch[position].ref) from error


async def _replace(records: AsyncCollection[Document], record: Record) -> None:
    document = to_document(record)
    if not (await records.replace_one(_at(document["_id"], record.rev - 1), document)).matched_count:
        raise Conflict(record.ref)


async def _overwrite(records: AsyncCollection[Document], pending: dict[str, Record], stored: dict[str, int]) -> None:
    """Try to store each record over the revision that was seen; whoever calls looks again what came of it."""
    new = [to_document(record) for place, record in pending.items() if place not in stored]
    over = [
        ReplaceOne(_at(place, stored[place]), to_document(record))
        for place, record in pending.items()
        if place in stored
    ]
    if over:
        await records.bulk_write(over)
    if new:
        try:
            await records.insert_many(new)
        except BulkWriteError as error:
            if errors.refused_at(error) is None:
                raise


def _highest(given: Sequence[Record]) -> dict[str, Record]:
    """Return, by id, the highest revision of each record, the first given where several are as high."""
    highest: dict[str, Record] = {}
    for record in given:
        place = document_id(record.ref)
        if place not in highest or record.rev > highest[place].rev:
            highest[place] = record
    return highest


def _is_new(record: Record) -> bool:
    return record.rev == ABSENT + 1


def _at(place: str, rev: int) -> Document:
    return {"_id": place, "rev": rev}
