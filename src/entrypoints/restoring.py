"""What restores the site that a configuration names as the active one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.panoramas.repository import Panoramas
from application.restore.site import SiteRestore
from application.restore.sources import Flaw, Stores
from application.restore.target import Target
from application.sealing.records import Records
from entrypoints.backing_up import store_at
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_part, opened_site


@asynccontextmanager
async def opened_restore(
    target: Settings, source: Settings, told: Callable[[Flaw], None]
) -> AsyncIterator[SiteRestore]:
    """Open the active site of `target`, and the blob stores of the active site of `source`.

    What is written goes through no fence: until it is restored, the site must not serve anybody. Raises what
    `opened_site` raises.
    """
    sources = Sources()
    clock, random = sources.clock(), sources.random()
    async with AsyncExitStack() as stack:
        outside = await stack.enter_async_context(opened_site(target))
        deadline = source.configuration.site.deadline
        stores = [store_at(each, await opened_part("blobs", each, deadline, stack)) for each in source.blobs]
        records = Records(outside.own, outside.vault, clock, random)
        index = BlindIndex(records, clock, sources.monotonic(), random)
        stack.push_async_callback(index.close)
        panoramas = Panoramas(records, index, clock, Ids(clock, random), target.configuration.panoramas)
        stack.push_async_callback(panoramas.close)
        yield SiteRestore(
            Stores(stores, told),
            Target(outside.own, outside.vault_storage, clock),
            records,
            outside.vault,
            panoramas,
            clock,
            random,
        )
