"""The users of one Jira site, on whichever site serves them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from application.panoramas.cache import Address
from application.panoramas.discarding import discard
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.lists import list_panoramas
from application.tenants.lifecycle import install_app
from domain.ids import PanoramaId, TenantId, UserId
from domain.panoramas.commands import Archive
from domain.tenants import Installation, Site
from entrypoints.configuration_file import Settings
from entrypoints.container import opened
from entrypoints.core_services import CoreServices

ALIAS = "jira:one"


class People:
    """They have the app installed when they first need it."""

    def __init__(self, settings: Callable[[str], Settings]) -> None:
        """`settings` returns the configuration with that site as the active one."""
        self._settings = settings

    def begin(self, site: str, name: str) -> PanoramaId:
        """Begin a panorama."""
        return asyncio.run(self._begin(site, name))

    def discard(self, site: str, panorama: PanoramaId) -> None:
        """Let go of a panorama for good."""
        asyncio.run(self._discard(site, panorama))

    def names(self, site: str) -> list[str]:
        """Return the names of the panoramas that they see."""
        return asyncio.run(self._names(site))

    async def _begin(self, site: str, name: str) -> PanoramaId:
        async with opened(self._settings(site)) as services:
            tenant, user = await _known(services)
            return (await create_panorama(CreateRequest(tenant, user, name=name), services.panoramas)).panorama

    async def _discard(self, site: str, panorama: PanoramaId) -> None:
        async with opened(self._settings(site)) as services:
            tenant, user = await _known(services)
            archive = EditRequest(tenant, panorama, user, commands=(Archive(),))
            await edit_panorama(archive, services.panoramas)
            address = Address(tenant, panorama)
            assert await discard(address, await services.panoramas.loader.newest(address), services.panoramas)

    async def _names(self, site: str) -> list[str]:
        async with opened(self._settings(site)) as services:
            tenant, user = await _known(services)
            return sorted(entry.name for entry in await list_panoramas(tenant, user, services.panoramas))


async def _known(services: CoreServices) -> tuple[TenantId, UserId]:
    view = await services.tenants.by_alias(ALIAS)
    tenant = await _installed(services) if view is None else view.tenant.id
    return tenant, await services.users.internal_id(tenant, "account")


async def _installed(services: CoreServices) -> TenantId:
    told = Installation(
        alias=ALIAS,
        issued=datetime(2026, 1, 1, tzinfo=UTC),
        site=Site(base_url="https://one.atlassian.net"),
        secret="hunter2" * 8,
    )
    tenant = await install_app(told, services.tenants, services.clock)
    assert tenant is not None
    return tenant
