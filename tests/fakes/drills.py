"""Drills over fakes: the newest backup of a yard into stores in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from application.backups.stores import Store
from application.drills.drill import Drill
from application.drills.results import Result
from ports.keys import KeyManager
from ports.storage import Storage
from tests.fakes.backups import Yard
from tests.fakes.house import House
from tests.fakes.restore import Ruin
from tests.fakes.storage import MemoryStorage


def drill_of(
    yard: Yard,
    *,
    stores: Sequence[Store] | None = None,
    managers: Sequence[KeyManager] | None = None,
    storage: Storage | None = None,
    vault: Storage | None = None,
) -> Drill:
    """Return a drill over empty stores, those of the yard's blob stores and key managers that are given, or all."""
    ruin = Ruin(yard, storage or MemoryStorage(), vault or MemoryStorage())
    house = House(ruin.storage, ruin.vault, time=yard.time, seed="drill", managers=managers or yard.house.managers)
    reading = ruin.reading(stores)
    about = Result(
        at=yard.time.clock(),
        seconds=0.0,
        stores=tuple(store.name for store in stores or yard.stores),
        keys=tuple(manager.name for manager in house.managers),
        elsewhere=stores is not None,
    )
    restoring = ruin.restore_from(reading, house)
    loader = house.panoramas.loader
    return Drill(restoring, house.records, house.vault, loader, about, yard.time.clock, yard.time.monotonic)


class Hall:
    """Where drills are held; each that is opened is over empty stores, and `closed` counts those that have ended."""

    def __init__(self) -> None:
        self.yard: Yard | None = None
        self.closed = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Drill]:
        """Open one."""
        assert self.yard is not None
        try:
            yield drill_of(self.yard)
        finally:
            self.closed += 1
