"""What a drill reads from, opens with, and restores to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from application.backups.stores import Store
from application.drills.drill import Drill
from application.drills.job import Opened
from application.drills.results import Result
from application.keys.vault import KeyVault
from application.restore.site import SiteRestore
from application.restore.sources import Stores
from application.restore.target import Target
from domain.backups import lag
from entrypoints.clocks import elapsed
from entrypoints.clouds import cloud_of_keys, cloud_of_region
from entrypoints.configuration_addresses import parse_address
from entrypoints.configuration_file import Settings
from entrypoints.opened_panoramas import opened_panoramas
from entrypoints.openers import Means, sqlite
from entrypoints.outside import Outside
from entrypoints.scratch import scratch_folder
from ports.keys import Capability, KeyManager, KeyState
from ports.sources import Clock, Random


class Used(NamedTuple):
    """What a drill reads from, and what it opens data keys with."""

    stores: Sequence[Store]
    managers: Sequence[KeyManager]
    elsewhere: bool
    """Whether none of them is in the site's cloud."""


def elsewhere(settings: Settings, outside: Outside) -> Used:
    """Return the blob stores and key managers outside the site's cloud; all, where either is not known to be there."""
    cloud = cloud_of_region(settings.configuration.site.region)
    there = set(lag.outside({store.name: store.cloud for store in outside.stores}, cloud))
    stores = [store for store in outside.stores if store.name in there]
    pairs = zip(outside.keys, settings.keys, strict=True)
    managers = [manager for manager, address in pairs if cloud_of_keys(address) not in {None, cloud}]
    if stores and managers:
        return Used(stores, managers, elsewhere=True)
    return Used(outside.stores, outside.keys, elsewhere=False)


def drills(settings: Settings, used: Used, clock: Clock, random: Random) -> Opened:
    """Return what opens one drill after the other in the data directory."""

    def opened() -> AbstractAsyncContextManager[Drill]:
        return _opened(settings, used, clock, random)

    return opened


@asynccontextmanager
async def _opened(settings: Settings, used: Used, clock: Clock, random: Random) -> AsyncIterator[Drill]:
    means = Means(deadline=settings.configuration.site.deadline, clock=clock, random=random)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(scratch_folder(settings.data))
        storage = await sqlite(parse_address("storage", "sqlite:storage.db", folder), means)
        stack.push_async_callback(storage.close)
        held = await sqlite(parse_address("vault", "sqlite:vault.db", folder), means)
        managers = [Borrowed(manager) for manager in used.managers]
        vault = KeyVault(held, managers, clock=clock, monotonic=elapsed, random=random)
        stack.push_async_callback(vault.close)
        records, panoramas = await stack.enter_async_context(opened_panoramas(settings, storage, vault, clock, random))
        to = Target(storage, held, clock)
        restoring = SiteRestore(Stores(used.stores), to, records, vault, panoramas, clock)
        about = Result(
            at=clock(),
            seconds=0.0,
            stores=tuple(store.name for store in used.stores),
            keys=tuple(manager.name for manager in used.managers),
            elsewhere=used.elsewhere,
        )
        yield Drill(restoring, records, vault, panoramas.loader, about, clock, elapsed)


class Borrowed:
    """A key manager that somebody else closes."""

    def __init__(self, manager: KeyManager) -> None:
        self.name = manager.name
        self.capabilities: frozenset[Capability] = manager.capabilities
        self._manager = manager

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Have it wrap."""
        return await self._manager.wrap(plain, context)

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        """Have it open a wrap."""
        return await self._manager.unwrap(wrap, context)

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        """Have it renew a wrap."""
        return await self._manager.rewrap(wrap, context)

    async def describe(self) -> KeyState:
        """Have it describe its key."""
        return await self._manager.describe()

    async def close(self) -> None:
        """Leave it open."""
