"""Reading what backups are about in storages from end to end, one or two of them side by side."""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from application.backups.scope import LEFT_OUT, backed_up
from ports.rows import record_of
from ports.storage import Record, Ref, Storage

PAGE: Final = 100
"""How many records are read at a time; a body has up to a mebibyte."""


class Pair(NamedTuple):
    """What two storages have under one reference: at least one of them has something."""

    ref: Ref
    one: Record | None
    other: Record | None


async def pages_of(storage: Storage, size: int = PAGE) -> AsyncIterator[list[Record]]:
    """Yield every record that backups are about, in the order of the references, some at a time.

    Raises what the storage raises.
    """
    after: Ref | None = None
    while page := await storage.everything(size, after=after, without=LEFT_OUT):
        after = page[-1].ref
        if records := [record_of(row) for row in backed_up(page)]:
            yield records


async def side_by_side(one: Storage, other: Storage) -> AsyncIterator[Pair]:
    """Yield every reference under which either has a record that backups are about, in order, with what both have."""
    ours, theirs = _backed_up(one), _backed_up(other)
    our, their = await anext(ours, None), await anext(theirs, None)
    while our is not None or their is not None:
        ref = min(record.ref for record in (our, their) if record is not None)
        pair = Pair(ref, _at(ref, our), _at(ref, their))
        yield pair
        if pair.one is not None:
            our = await anext(ours, None)
        if pair.other is not None:
            their = await anext(theirs, None)


async def _backed_up(storage: Storage) -> AsyncIterator[Record]:
    async for page in pages_of(storage):
        for record in page:
            yield record


def _at(ref: Ref, record: Record | None) -> Record | None:
    return record if record is not None and record.ref == ref else None
