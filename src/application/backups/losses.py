"""Manifests whose objects are in no store any more. Only a new snapshot makes up for one."""

from contextlib import suppress
from typing import Final

from application.backups.names import key_of, position_of
from application.sealing.commits import commit, remove
from domain.backups.manifests import Position
from domain.ids import SYSTEM
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

LOSS: Final = "backup-loss"
"""The kind of the SYSTEM records that name such a manifest each."""


class Losses:
    """Notes them, and forgets them when a snapshot has begun after them; raises what the storage raises."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def note(self, position: Position) -> None:
        """Note that an object of this manifest is lost; again is the same as once."""
        ref = Ref(SYSTEM, LOSS, key_of(position))
        with suppress(Conflict):
            await commit(self._storage, [Record(ref, ABSENT + 1, b"", self._clock(), shipping=Shipping.NEVER)])

    async def all(self) -> list[Position]:
        """Return the manifests that no snapshot makes up for, oldest first; of very many only the first thousand."""
        return [position_of(record.ref.key) for record in await self._storage.scan(SYSTEM, LOSS)]

    async def forget(self, through: Position) -> None:
        """A snapshot has begun when this manifest was there already: what was lost up to it is of no matter now."""
        for record in await self._storage.scan(SYSTEM, LOSS):
            if position_of(record.ref.key) <= through:
                with suppress(Conflict):
                    await remove(self._storage, record.ref, record.rev)
