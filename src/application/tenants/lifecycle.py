"""What the callbacks of a Jira site do. Each may be repeated, and may arrive in any order."""

from datetime import datetime

from application.tenants.repository import Tenants
from domain.ids import TenantId
from domain.tenants import Installation, Tenant, begin_life, install, switch, uninstall
from ports.sources import Clock


async def install_app(installation: Installation, tenants: Tenants, clock: Clock) -> TenantId:
    """Begin a site's life with the app, or bring it back as it was; durable when the call returns.

    Raises Unavailable, with nothing stored, where a key manager is out and the tenant is new.
    """
    tenant = await tenants.enrol(installation.alias)

    def step(before: Tenant | None) -> Tenant:
        now = clock()
        return begin_life(tenant, installation, now) if before is None else install(before, installation, now)

    await tenants.change(tenant, step)
    return tenant


async def uninstall_app(alias: str, issued: datetime, tenants: Tenants) -> None:
    """Stop serving a site and keep all that it has; nothing happens where the site is not known."""
    view = await tenants.by_alias(alias)
    if view is not None:
        await tenants.change(view.tenant.id, lambda tenant: tenant and uninstall(tenant, issued))


async def switch_app(alias: str, issued: datetime, tenants: Tenants, *, enabled: bool) -> None:
    """Serve a site, or stop serving it for a while; nothing happens where the site is not known."""
    view = await tenants.by_alias(alias)
    if view is not None:
        await tenants.change(view.tenant.id, lambda tenant: tenant and switch(tenant, issued, enabled=enabled))
