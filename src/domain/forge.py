"""What a verified token of Forge says of who calls, and what hearing it does to a tenant."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.forge_use import ForgeInstallation, ForgeUse, record_hearing, record_leaving
from domain.ids import TenantId
from domain.tenants import Site, Tenant

PREFIX: Final = "forge:"
"""What the alias of every Forge tenant begins with, also of those that an earlier release made."""


class ForgeCall(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, by a token of Forge that has been verified; nothing in it comes from a body or from a browser."""

    environment: str
    cloud_id: str
    installation: str
    """Without the prefix of its resource name (ARI)."""

    issued: datetime
    app_version: str | None = None
    license_active: bool | None = None
    """None where the token tells of no license."""

    site: Site = Site()
    """Without an address where the token tells none, as an event's never does."""

    @property
    def alias(self) -> str:
        """Return the name that the tenant is found by: the same for every installation of the app on a Jira site."""
        return f"{PREFIX}{self.environment}:{self.cloud_id}"

    @property
    def former_alias(self) -> str:
        """Return the name by which earlier releases found the tenant of this installation."""
        return f"{PREFIX}{self.installation}"


def is_on_forge(tenant: Tenant) -> bool:
    """Whether the tenant uses the app on Forge, where no removal is told."""
    return tenant.alias.startswith(PREFIX)


def is_named_by(tenant: Tenant, call: ForgeCall) -> bool:
    """Whether the tenant goes by a name of the calling Jira site; an earlier release's name may be another site's."""
    return tenant.alias in {call.alias, call.former_alias}


def environment_of(tenant: Tenant) -> str | None:
    """Return the environment of the app that a Forge tenant uses; None until it is heard again after an upgrade."""
    environment, found, _ = tenant.alias.removeprefix(PREFIX).partition(":")
    return environment if found else None


def begin_forge_life(tenant: TenantId, call: ForgeCall, now: datetime) -> Tenant:
    """Return the tenant that the first call of a Jira site makes."""
    return Tenant(
        id=tenant,
        alias=call.alias,
        site=call.site,
        secrets=None,
        created=now,
        present_since=call.issued,
        forge=record_hearing(None, _installation(call)),
    )


def hear(tenant: Tenant, call: ForgeCall) -> Tenant:
    """Record that the tenant was heard; one that had ended comes back as it was.

    Returns the same object where nothing is worth being recorded: a tenant that is heard all the time changes about
    once an hour. Nothing brings a tenant back whose purge has begun, nor does a call that is older than its end.
    """
    if tenant.purging is not None:
        return tenant
    is_back = tenant.uninstalled is not None and call.issued > tenant.present_since
    if tenant.uninstalled is not None and not is_back:
        return tenant
    use = record_hearing(tenant.forge, _installation(call))
    if use is tenant.forge and tenant.alias == call.alias and not is_back:
        return tenant
    return replace(
        tenant,
        alias=call.alias,
        site=call.site if call.site.base_url else tenant.site,
        forge=use,
        present_since=call.issued if is_back else tenant.present_since,
        uninstalled=None,
        grace_since=None,
    )


def note_leave(tenant: Tenant, call: ForgeCall) -> Tenant:
    """Note that the newest installation is about to be removed, which ends nothing by itself.

    Void where the installation is not the newest one, or the tenant has ended anyway.
    """
    if tenant.purging is not None or tenant.uninstalled is not None or tenant.forge is None:
        return tenant
    return replace(tenant, forge=record_leaving(tenant.forge, call.installation, call.issued))


def adopt(tenant: Tenant, now: datetime) -> Tenant:
    """Count a tenant that an earlier release made as heard now, where no call was heard yet."""
    if tenant.forge is not None or not is_on_forge(tenant):
        return tenant
    return replace(tenant, forge=ForgeUse(last_heard=now))


def _installation(call: ForgeCall) -> ForgeInstallation:
    return ForgeInstallation(
        id=call.installation,
        first_heard=call.issued,
        last_heard=call.issued,
        app_version=call.app_version,
        license_active=call.license_active,
    )
