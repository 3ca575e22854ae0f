"""What a tenant is, and what installing, removing, enabling and disabling the app may do to it.

Callbacks arrive in any order and more than once. Each carries the moment at which Jira issued it, and of two the
later one counts, whichever came first.
"""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.errors import InstallationRefused
from domain.forge_use import ForgeUse
from domain.holds import Hold
from domain.ids import TenantId

SECRET_OVERLAP: Final = timedelta(seconds=60)
"""For how long after a swap requests that were signed with the previous secret are still accepted."""

SAME_MOMENT: Final = timedelta(seconds=60)
"""How late an installation may arrive that is to count beside another callback of the same second."""


class TenantState(Enum):
    """Whether the app serves a site."""

    INSTALLED = "installed"
    DISABLED = "disabled"
    UNINSTALLED = "uninstalled"
    """Nothing is served, and all is kept until the grace period ends."""

    PURGING = "purging"
    """Everything is being destroyed. A site that returns now begins a new life."""


class Site(msgspec.Struct, frozen=True):
    """What Jira tells of itself when the app is installed; empty where it tells nothing."""

    base_url: str = ""
    product_type: str = ""
    description: str = ""
    public_key: str = ""


class Secrets(msgspec.Struct, frozen=True):
    """What the site signs with. A swap replaces the whole of this at once."""

    current: str
    swapped: datetime
    """When `current` took its place, by the service's own clock."""

    previous: str | None = None

    def __repr__(self) -> str:
        """Leave out the secrets, so that no log and no traceback holds them."""
        return f"Secrets(swapped={self.swapped})"


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One life of one Jira site with the app."""

    id: TenantId
    alias: str
    """`jira:<clientKey>` or `forge:<environment>:<cloudId>`; `forge:<installationId>` until it is heard again."""

    site: Site
    secrets: Secrets | None
    """None for a Forge installation, which shares no secret."""

    created: datetime
    present_since: datetime
    """When the newest installation or removal known was issued."""

    uninstalled: datetime | None = None
    """When the removal was issued; None while the app is installed. On Forge: when the tenant was heard last."""

    enabled: bool = True
    switched: datetime | None = None
    """When the newest enabling or disabling known was issued."""

    holds: tuple[Hold, ...] = ()
    """Every legal hold that there has been, in order."""

    purging: datetime | None = None
    """When it was decided that everything is destroyed; None until then."""

    forge: ForgeUse | None = None
    """What has been heard of the tenant on Forge; None for one of Connect."""

    grace_since: datetime | None = None
    """When the grace period is counted from, where that is later than `uninstalled`: an end that was found late."""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation or a re-installation brings."""

    alias: str
    issued: datetime
    site: Site = Site()
    secret: str | None = None


def state(tenant: Tenant) -> TenantState:
    """Uninstalled wins until a later installation; disabled counts unless it is older than the installation."""
    if tenant.purging is not None:
        return TenantState.PURGING
    if tenant.uninstalled is not None:
        return TenantState.UNINSTALLED
    if not tenant.enabled and tenant.switched is not None and tenant.switched >= tenant.present_since:
        return TenantState.DISABLED
    return TenantState.INSTALLED


def is_served(tenant: Tenant) -> bool:
    """Whether the tenant's users may use the app now."""
    return state(tenant) is TenantState.INSTALLED


def begin_life(tenant: TenantId, installation: Installation, now: datetime) -> Tenant:
    """Return the tenant that a first installation makes."""
    return Tenant(
        id=tenant,
        alias=installation.alias,
        site=installation.site,
        secrets=None if installation.secret is None else Secrets(installation.secret, now),
        created=now,
        present_since=installation.issued,
    )


def install(tenant: Tenant, installation: Installation, now: datetime) -> Tenant:
    """A later installation brings everything back and swaps the secret; an older one changes nothing.

    Nothing brings a tenant back whose purge has begun. Raises InstallationRefused for one of the same second as the
    newest callback known, where it can be neither a repeat nor taken for the later one.
    """
    if tenant.purging is not None or installation.issued < tenant.present_since:
        return tenant
    if installation.issued == tenant.present_since and not _is_later_of_two(tenant, installation, now):
        return tenant
    return replace(
        tenant,
        site=installation.site,
        secrets=_swapped(tenant.secrets, installation.secret, now),
        present_since=installation.issued,
        uninstalled=None,
        grace_since=None,
    )


def _is_later_of_two(tenant: Tenant, installation: Installation, now: datetime) -> bool:
    """Whether an installation counts that was issued in the same second as the newest callback known.

    Jira issues by the second, and removes and installs within one. The one that arrives later counts where it brings
    another secret and arrives at the moment that Jira signed it for. No token covers a body, so a token that was caught
    on its way could bring another secret here. It came with the secret of the site itself, beside which it opens
    nothing, and it is of use for a minute only.

    One that brings a secret that is known is a repeat; after a removal it may be one too, or a return, so that Jira has
    to be told that it failed: then it is installed again, in another second.
    """
    secrets, secret = tenant.secrets, installation.secret
    if secrets is None or secret is None:
        return False
    is_known = secret in {secrets.current, secrets.previous}
    if is_known and tenant.uninstalled is None:
        return False
    if is_known or now - installation.issued > SAME_MOMENT:
        raise InstallationRefused
    return True


def uninstall(tenant: Tenant, issued: datetime) -> Tenant:
    """The first of several removals in a row starts the grace period; one older than the installation is void.

    To a tenant whose purge has begun nothing happens any more.
    """
    if tenant.purging is not None or issued < tenant.present_since:
        return tenant
    return replace(tenant, present_since=issued, uninstalled=tenant.uninstalled or issued)


def switch(tenant: Tenant, issued: datetime, *, enabled: bool) -> Tenant:
    """Of several enablings and disablings the one issued last counts; of two at one moment the one that came last."""
    if tenant.switched is not None and issued < tenant.switched:
        return tenant
    return replace(tenant, enabled=enabled, switched=issued)


def accepted_secrets(secrets: Secrets, now: datetime) -> tuple[str, ...]:
    """Return what a request may be signed with at `now`, the current secret first."""
    if secrets.previous is None or now >= accepted_until(secrets, secrets.previous):
        return (secrets.current,)
    return (secrets.current, secrets.previous)


def accepted_until(secrets: Secrets, secret: str) -> datetime:
    """When a secret that is accepted now will be no more; the end of time for the current one."""
    if secret == secrets.current:
        return datetime.max.replace(tzinfo=UTC)
    return secrets.swapped + SECRET_OVERLAP


def _swapped(secrets: Secrets | None, secret: str | None, now: datetime) -> Secrets | None:
    if secrets is None or secret is None:
        return None if secret is None else Secrets(secret, now)
    if secret == secrets.current:
        return secrets
    return Secrets(secret, now, previous=secrets.current)
