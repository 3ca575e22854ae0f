"""A site that is restored over fakes, from the backups of another that has been lost."""

from collections.abc import Sequence
from datetime import datetime

from application.backups.stores import Store
from application.restore.site import Restored, SiteRestore
from application.restore.sources import Flaw, Stores
from application.restore.target import Target
from ports.storage import Storage
from tests.fakes.backups import Yard
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage

NEXT = 2
"""The epoch of the restored site."""


class Ruin:
    """What is left when a site is lost: blob stores, key managers and the time; and empty stores to restore into."""

    def __init__(self, yard: Yard, storage: Storage | None = None, vault: Storage | None = None) -> None:
        self.yard = yard
        self.storage: Storage = storage or MemoryStorage()
        self.vault: Storage = vault or MemoryStorage()
        self.target = Target(self.storage, self.vault, yard.time.clock)
        self.told: list[Flaw] = []

    def house(self, seed: str = "restored") -> House:
        """Return a process at the stores that are restored into."""
        return House(self.storage, self.vault, time=self.yard.time, seed=seed, managers=self.yard.house.managers)

    def restore(self, stores: Sequence[Store] | None = None) -> SiteRestore:
        """Return a restore in a new process."""
        return self.restore_from(self.reading(stores), self.house())

    def reading(self, stores: Sequence[Store] | None = None) -> Stores:
        """Return what reads from blob stores."""
        return Stores(self.yard.stores if stores is None else stores, self.told.append)

    def restore_from(self, stores: Stores, house: House) -> SiteRestore:
        """Return a restore in a process."""
        return SiteRestore(
            stores,
            self.target,
            house.records,
            house.vault,
            house.panoramas,
            house.time.clock,
        )

    async def restored(
        self, at: datetime | None = None, *, stores: Sequence[Store] | None = None, epoch: int = NEXT
    ) -> Restored:
        """Restore all of it."""
        restore = self.restore(stores)
        return await restore.run(await restore.prepare(at), epoch)
