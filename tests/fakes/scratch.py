"""A storage that is thrown away, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.backups.ground import Ground
from application.restore.copies import IN_FLIGHT, LIMIT, PATIENCE, PastCopies
from application.restore.gathering import Scratch
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage


class Scratches:
    """Opens one after the other, which the house's keys open."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.opened: list[MemoryStorage] = []
        self.closed = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Scratch]:
        """Open an empty storage."""
        house, storage = self._house, MemoryStorage()
        past = House(storage, house.vault_storage, time=house.time, seed="past", managers=house.managers)
        self.opened.append(storage)
        try:
            yield Scratch(storage, past.panoramas)
        finally:
            self.closed += 1

    def copies(
        self,
        ground: Ground | None,
        patience: float = PATIENCE,
        *,
        limit: float = LIMIT,
        in_flight: int = IN_FLIGHT,
    ) -> PastCopies:
        """Return what copies the past of the house's panoramas."""
        return PastCopies(self._house.panoramas, ground, self, patience, limit=limit, in_flight=in_flight)
