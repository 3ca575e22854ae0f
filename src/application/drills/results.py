"""What drills have come to: the last ones, in one record of the site."""

from datetime import datetime
from typing import Final

import msgspec

from application.sealing.commits import commit
from domain.backups.manifests import Position
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

NOTE: Final = Ref(SYSTEM, "drills", "1")
"""The record that holds them. It has ids and numbers, and nothing that is secret."""

KEPT: Final = 30
"""How many there are at the most."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one drill has come to."""

    at: datetime
    """When it began."""

    seconds: float
    steps: dict[str, float] = {}
    """How many seconds each step took."""

    stores: tuple[str, ...]
    """Which blob stores it has read from."""

    keys: tuple[str, ...]
    """Which key managers have opened the data keys."""

    elsewhere: bool
    """Whether all of those are outside the site's cloud; else none is known to be, and all were used."""

    position: Position | None = None
    """The recovery point that was restored."""

    age_seconds: float | None = None
    """How old that was: what would have been lost."""

    size: int = 0
    """How many bytes of backups were read."""

    records: int = 0
    panoramas: int = 0
    digest: str = ""
    """SHA-256, in hex, over all that was restored, as `panorama restore` tells it."""

    problems: tuple[str, ...] = ()
    """Why it failed; nothing where it did not."""

    @property
    def succeeded(self) -> bool:
        """Whether the backup can be relied on."""
        return not self.problems

    @property
    def rate(self) -> float | None:
        """Return how many bytes a second were restored."""
        seconds = self.steps.get("restore")
        return self.size / seconds if seconds else None


class Results:
    """Keeps the last results; raises what the storage raises."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def all(self) -> tuple[Result, ...]:
        """Return them, the newest last."""
        record = await self._storage.get(NOTE)
        return () if record is None else _decoded(record)

    async def add(self, result: Result) -> None:
        """Add one; where another process adds one at the same moment, this one is left out."""
        record = await self._storage.get(NOTE)
        kept = (*(() if record is None else _decoded(record)), result)[-KEPT:]
        rev = ABSENT if record is None else record.rev
        note = Record(NOTE, rev + 1, msgspec.json.encode(kept), self._clock(), shipping=Shipping.NEVER)
        try:
            await commit(self._storage, [note])
        except Conflict:
            return


def _decoded(record: Record) -> tuple[Result, ...]:
    try:
        return msgspec.json.decode(record.body or b"", type=tuple[Result, ...])
    except msgspec.DecodeError as exc:
        raise Corrupt("the results of the drills do not decode") from exc
