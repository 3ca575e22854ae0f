"""What restores the site that a configuration names as the active one."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from application.backups.stores import Store
from application.panoramas.repository import Panoramas
from application.restore.panoramas import PanoramaRestore
from application.restore.site import SiteRestore
from application.restore.sources import Flaw, Stores
from application.restore.target import Target
from application.sealing.records import Records
from entrypoints.backing_up import store_at
from entrypoints.clouds import name_of_store
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_part, opened_site
from entrypoints.core_services import CoreServices
from entrypoints.opened_panoramas import opened_panoramas
from entrypoints.outside import Outside
from entrypoints.scratch import opened_scratch
from ports.errors import PortError


@dataclass(frozen=True, slots=True)
class Empty:
    """A site that is filled from backups, behind no fence: until it is whole, it must not serve anybody."""

    outside: Outside
    stores: Stores
    """What it is filled from."""

    target: Target
    records: Records
    panoramas: Panoramas
    restoring: SiteRestore


@asynccontextmanager
async def opened_empty(
    target: Settings, source: Settings, told: Callable[[Flaw], None], written_before: datetime | None = None
) -> AsyncIterator[Empty]:
    """Open the active site of `target`, and the blob stores of the active site of `source`, as they were at a moment.

    Raises what `opened_site` raises.
    """
    sources = Sources()
    clock, random = sources.clock(), sources.random()
    async with AsyncExitStack() as stack:
        outside = await stack.enter_async_context(opened_site(target))
        stores = Stores(await _opened_stores(source, stack, told), told, written_before)
        contents = opened_panoramas(target, outside.own, outside.vault, clock, random)
        records, panoramas = await stack.enter_async_context(contents)
        to = Target(outside.own, outside.vault_storage, clock)
        restoring = SiteRestore(stores, to, records, outside.vault, panoramas, clock)
        yield Empty(outside, stores, to, records, panoramas, restoring)


@asynccontextmanager
async def opened_restore(
    target: Settings, source: Settings, told: Callable[[Flaw], None], written_before: datetime | None = None
) -> AsyncIterator[SiteRestore]:
    """Open what restores the active site of `target` from the backups of that of `source`, like `opened_empty`."""
    async with opened_empty(target, source, told, written_before) as empty:
        yield empty.restoring


@asynccontextmanager
async def opened_panorama_restore(
    target: Settings, source: Settings, services: CoreServices, told: Callable[[Flaw], None]
) -> AsyncIterator[PanoramaRestore]:
    """Open what brings panoramas back into the active site of `target`, whose services are open.

    What is gathered lies, sealed, in a file of the data directory for that long. Raises what `opened_site` raises.
    """
    async with AsyncExitStack() as stack:
        outside = await stack.enter_async_context(opened_site(target))
        scratch = await stack.enter_async_context(opened_scratch(target, outside.vault, Sources.random()))
        stores = Stores(await _opened_stores(source, stack, told), told)
        yield PanoramaRestore(stores, scratch, services.panoramas)


async def _opened_stores(source: Settings, stack: AsyncExitStack, told: Callable[[Flaw], None]) -> Sequence[Store]:
    """Open what can be opened; raises the error of the last where nothing can."""
    deadline = source.configuration.site.deadline
    opened: list[Store] = []
    for address in source.blobs:
        try:
            opened.append(store_at(address, await opened_part("blobs", address, deadline, stack)))
        except PortError as exc:
            told(Flaw(name_of_store(address), "everything", exc.code))
            if not opened and address is source.blobs[-1]:
                raise
    return opened
