"""Commands that work on the data itself open the same services as the server does."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from domain.tenants import Tenant
from entrypoints.cli.exits import Refusal
from entrypoints.configuration_file import read
from entrypoints.container import opened
from entrypoints.http.services import Services

T = TypeVar("T")


def with_services(config: Path | None, use: Callable[[Services], Awaitable[T]]) -> T:
    """Open the services of the active site, use them, close them, and return what `use` returned."""

    async def run() -> T:
        async with opened(read(config, os.environ)) as services:
            return await use(services)

    return asyncio.run(run())


async def tenant_named(alias: str, services: Services) -> Tenant:
    """Return the tenant that an operator names by its alias; raises Refusal."""
    view = await services.tenants.by_alias(alias)
    if view is None:
        raise Refusal(f"there is no tenant {alias}", "`panorama tenants list` shows which there are")
    return view.tenant
