"""Whether every part of a site is there and answers, without anything being written to it."""

import asyncio
from contextlib import AsyncExitStack

from entrypoints.beginning import is_empty
from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.configuration_sites import check_sites
from entrypoints.container import followed, opened_part, opened_site
from entrypoints.private_files import make_private_folder
from entrypoints.schemes import kind_of, named
from ports.edges import port_errors_only
from ports.errors import PortError


async def check_parts(settings: Settings) -> dict[str, PortError | None]:
    """Open every part of the active site and ask whether it answers, all at once; return, by name, what each raised.

    Raises ConfigurationError, and PortError where a reference to the site's secrets cannot be followed, or where parts
    that all answer make no site.
    """
    check_sites(settings)
    make_private_folder(settings.data)
    parts = named((await followed(settings)).addresses)
    async with AsyncExitStack() as stack:
        deadline = settings.configuration.site.deadline
        asked = [_failure(address, deadline, stack) for address in parts.values()]
        failures = dict(zip(parts, await asyncio.gather(*asked), strict=True))
    if not any(failures.values()):
        async with opened_site(settings):
            pass
    return failures


async def find_empty(settings: Settings) -> dict[str, bool]:
    """Open the active site; return whether storage and vault hold nothing yet, by the keys of their addresses.

    Raises what opening raises.
    """
    async with opened_site(settings) as outside:
        return {
            settings.storage.key: await is_empty(outside.own),
            settings.vault.key: await is_empty(outside.vault_storage),
        }


async def _failure(address: Address, deadline: float, stack: AsyncExitStack) -> PortError | None:
    """Open a part and ask it; return what it raises."""
    kind = kind_of(address)
    try:
        with port_errors_only():
            part = await opened_part(kind, address, deadline, stack)
            await (part.describe if kind == "keys" else part.check)()
    except PortError as exc:
        return exc
    return None
