"""Whether what was restored is what the site holds."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from ports.storage import Record, Ref, Shipping, Storage

PAGE: Final = 100
"""How many records are read at a time; a body has up to a mebibyte."""

LEEWAY: Final = timedelta(seconds=60)
"""How far the clocks of two processes of a site may be apart."""

NAMED: Final = 20
"""Of how many records that differ the references are told."""


class Compared(msgspec.Struct, frozen=True):
    """What came of comparing."""

    same: int
    """How many records are the same in both."""

    differing: tuple[str, ...]
    """The first that are not, or are not there, though they had to be."""


async def compare(restored: Storage, site: Storage, covered: datetime | None) -> Compared:
    """Compare every record that was restored with the site's, which may have gone on since.

    The same revision must have the same bytes. What the site had before `covered` must be there, in that revision or a
    later one of the backup's; what it has deleted since may be there still.
    """
    same, differing = 0, list[str]()
    async for pair in _pairs(restored, site):
        if pair.ours is not None and pair.theirs is not None and pair.ours.rev == pair.theirs.rev:
            if _sealed(pair.ours) == _sealed(pair.theirs):
                same += 1
            else:
                differing.append("/".join(pair.ref))
        elif pair.theirs is not None and _must_be_there(pair.theirs, covered):
            differing.append("/".join(pair.ref))
    return Compared(same, tuple(differing[:NAMED]))


class _Pair(NamedTuple):
    ref: Ref
    ours: Record | None
    """What was restored."""

    theirs: Record | None
    """What the site has."""


async def _pairs(restored: Storage, site: Storage) -> AsyncIterator[_Pair]:
    """Yield every reference that either has, in order, with what both have there."""
    ours, theirs = _records(restored), _records(site)
    our, their = await anext(ours, None), await anext(theirs, None)
    while our is not None or their is not None:
        ref = min(record.ref for record in (our, their) if record is not None)
        mine = our if our is not None and our.ref == ref else None
        other = their if their is not None and their.ref == ref else None
        yield _Pair(ref, mine, other)
        if mine is not None:
            our = await anext(ours, None)
        if other is not None:
            their = await anext(theirs, None)


async def _records(storage: Storage) -> AsyncIterator[Record]:
    """Yield every record that backups are about."""
    page: list[Record] = []
    while page := await storage.everything(PAGE, after=page[-1].ref if page else None):
        for record in page:
            if record.shipping is not Shipping.NEVER:
                yield record


def _sealed(record: Record) -> tuple[int, bytes | None]:
    return record.generation, record.body


def _must_be_there(record: Record, covered: datetime | None) -> bool:
    return covered is not None and record.updated < covered - LEEWAY
