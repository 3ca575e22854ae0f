"""Commands that work on the data itself open the same services as the server does."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from domain.ids import PanoramaId, TenantId
from domain.tenants import Tenant
from entrypoints.cli.exits import Refusal
from entrypoints.configuration_file import read
from entrypoints.container import opened
from entrypoints.core_services import CoreServices

T = TypeVar("T")

_ID: Final = re.compile(r"[0-9a-f]{24}")


def with_services(config: Path | None, use: Callable[[CoreServices], Awaitable[T]]) -> T:
    """Open the services of the active site, use them, close them, and return what `use` returned."""

    async def run() -> T:
        async with opened(read(config, os.environ)) as services:
            return await use(services)

    return asyncio.run(run())


def panorama_id_named(text: str) -> PanoramaId:
    """Return the id of a panorama that an operator names; raises Refusal for a text that is no id."""
    if _ID.fullmatch(text) is None:
        raise Refusal("a panorama's id has 24 hex characters", "`panorama panoramas list` shows which there are")
    return PanoramaId(text)


async def tenant_named(alias: str, services: CoreServices) -> Tenant:
    """Return the tenant that an operator names by its alias; raises Refusal."""
    view = await services.tenants.by_alias(alias)
    if view is None:
        raise Refusal(f"there is no tenant {alias}", "`panorama tenants list` shows which there are")
    return view.tenant


async def tenant_id_named(name: str, services: CoreServices) -> TenantId:
    """Return the id of a tenant that an operator names by its alias; an id is taken as it is. Raises Refusal."""
    return TenantId(name) if _ID.fullmatch(name) else (await tenant_named(name, services)).id
