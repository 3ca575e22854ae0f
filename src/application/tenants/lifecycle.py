"""What the callbacks of a Jira site do. Each may be repeated, and may arrive in any order."""

from datetime import datetime
from functools import partial
from typing import Final

from application.tenants.repository import Tenants
from domain.errors import TooContended
from domain.ids import TenantId
from domain.tenants import Installation, Tenant, begin_life, install, switch, uninstall
from ports.sources import Clock

_LIVES: Final = 10
"""How often a callback is tried upon the life that the alias leads to by then."""


async def install_app(installation: Installation, tenants: Tenants, clock: Clock) -> TenantId | None:
    """Begin a site's life with the app, or bring it back as it was; durable when the call returns.

    Where the purge of a former life has been decided, however far it has come, the site begins a new one: whether the
    old one comes back or goes is decided by who changes the tenant's record first, and nobody is told of a success in
    a life that ends. Returns None for an installation that is older than the end of a life, and changes nothing.
    Raises TooContended; InstallationRefused for one that is neither a repeat nor the later one of two of one second;
    Unavailable, with nothing stored, where a key manager is out and the tenant is new.
    """
    for _ in range(_LIVES):
        tenant = await tenants.enrol(installation.alias, installation.issued)
        if tenant is None:
            return None
        begun = await tenants.change(tenant, partial(_installed, tenant=tenant, installation=installation, clock=clock))
        if begun is not None and begun.purging is None and not await tenants.has_ended(tenant):
            return tenant
    raise TooContended


async def uninstall_app(alias: str, issued: datetime, tenants: Tenants) -> None:
    """Stop serving a site and keep all that it has; nothing happens where the site is not known.

    Where there is no life to end, what has been issued by then does not begin one any more. Raises TooContended.
    """
    for _ in range(_LIVES):
        lead = await tenants.aliases.find(alias)
        if lead is None:
            return
        if lead.value.tenant is not None:
            left = await tenants.change(lead.value.tenant, lambda tenant: tenant and uninstall(tenant, issued))
            if left is not None and left.purging is None:
                return
        if await tenants.aliases.end(lead, issued):
            return
    raise TooContended


async def switch_app(alias: str, issued: datetime, tenants: Tenants, *, enabled: bool) -> None:
    """Serve a site, or stop serving it for a while; nothing happens where the site is not known."""
    view = await tenants.by_alias(alias)
    if view is not None:
        await tenants.change(view.tenant.id, lambda tenant: tenant and switch(tenant, issued, enabled=enabled))


def _installed(before: Tenant | None, tenant: TenantId, installation: Installation, clock: Clock) -> Tenant:
    now = clock()
    return begin_life(tenant, installation, now) if before is None else install(before, installation, now)
