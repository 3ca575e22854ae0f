"""Whether what was restored is what the site holds."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from application.restore.walking import side_by_side
from ports.storage import Record, Storage

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
    async for ref, ours, theirs in side_by_side(restored, site):
        if ours is not None and theirs is not None and ours.rev == theirs.rev:
            if _sealed(ours) == _sealed(theirs):
                same += 1
            else:
                differing.append("/".join(ref))
        elif theirs is not None and _must_be_there(theirs, covered):
            differing.append("/".join(ref))
    return Compared(same, tuple(differing[:NAMED]))


def _sealed(record: Record) -> tuple[int, bytes | None]:
    return record.generation, record.body


def _must_be_there(record: Record, covered: datetime | None) -> bool:
    return covered is not None and record.updated < covered - LEEWAY
