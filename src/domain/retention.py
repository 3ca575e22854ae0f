"""How long what a removed site has left behind is kept, and when nothing of it may be readable any more.

`uninstalled -> grace -> purge -> shredded`, all of it within LIMIT. On Forge, where no removal is told:
`last heard -> silence -> ended -> the rest of the grace, or time to return -> purge -> shredded`, within LIMIT of when
the site was heard last.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from domain import holds
from domain.silence import SilencePolicy
from domain.tenants import Tenant, is_served

LIMIT: Final = timedelta(days=30)
"""This long after its removal nothing of a site is readable any more, in backups neither."""


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long each part of the way takes at the most; they follow one another."""

    grace: timedelta
    """For how long after its removal a site can come back as it was."""

    maintenance: timedelta
    """How long a purge that is due waits for its turn, and to be confirmed."""

    copy_interval: timedelta
    """How long it takes until every store has a verified copy of the vault without the tenant."""

    vault_copies: timedelta
    """For how long copies of the vault are kept."""

    soft_delete: timedelta
    """For how long providers keep what has been deleted: objects, versions, backups of the vault of their own."""

    pruning: timedelta
    """How long a copy that may go waits for its turn."""

    silence: SilencePolicy = SilencePolicy()
    """When a site of Forge that is not heard any more has ended."""

    @property
    def total(self) -> timedelta:
        """Return when, counted from the removal, everything is shredded."""
        return self.grace + self.maintenance + self.rest

    @property
    def rest(self) -> timedelta:
        """Return how long it takes from a purge until everything is shredded."""
        return self.copy_interval + self.vault_copies + self.soft_delete + self.pruning

    def total_after(self, silence: timedelta) -> timedelta:
        """Return when, counted from when a site was heard last, everything is shredded if it ends by this silence.

        The silence is part of the grace, unless too little of that would be left to return in.
        """
        return max(self.grace, silence + self.silence.returning) + self.maintenance + self.rest


class Obstacle(Enum):
    """Why a tenant is not purged now."""

    INSTALLED = "the app is installed"
    HELD = "a legal hold is in force"
    GRACE = "the grace period has not ended"


def keeps_the_promise(policy: RetentionPolicy, *, forge: bool = True) -> bool:
    """Everything of a removed site must be shredded within LIMIT: of its removal; on Forge, of its last token."""
    totals = [policy.total]
    if forge:
        totals += [policy.total_after(silence) for silence in (policy.silence.silence, policy.silence.leaving)]
    return max(totals) <= LIMIT


def grace_began(tenant: Tenant) -> datetime | None:
    """When the grace period is counted from; None while the app is installed."""
    return tenant.grace_since or tenant.uninstalled


def purge_due(tenant: Tenant, policy: RetentionPolicy) -> datetime | None:
    """When this tenant's data must be gone from live storage; None while the app is installed."""
    began = grace_began(tenant)
    return None if began is None else began + policy.grace


def shredded_by(grace_began: datetime, policy: RetentionPolicy) -> datetime:
    """When, by the policy's own arithmetic, nothing of a site whose grace began then is readable any more."""
    return grace_began + policy.total


def is_overdue(uninstalled: datetime, now: datetime) -> bool:
    """Whether what was promised to a site that was removed then has not been kept."""
    return now > uninstalled + LIMIT


def obstacle(tenant: Tenant, policy: RetentionPolicy, now: datetime, *, early: bool = False) -> Obstacle | None:
    """A site is purged only once it is removed, is not held, and, unless somebody wants it early, its grace is over."""
    due = purge_due(tenant, policy)
    if due is None:
        return Obstacle.INSTALLED
    if holds.in_force(tenant.holds) is not None:
        return Obstacle.HELD
    return Obstacle.GRACE if now < due and not early else None


def may_let_go(tenant: Tenant) -> bool:
    """What users removed or archived is let go only while they can bring it back, and never under a legal hold."""
    return is_served(tenant) and holds.in_force(tenant.holds) is None


def begin_purge(tenant: Tenant, policy: RetentionPolicy, now: datetime, *, early: bool = False) -> Tenant:
    """From this change on no callback brings the tenant back; nothing changes where there is an obstacle."""
    if tenant.purging is not None or obstacle(tenant, policy, now, early=early) is not None:
        return tenant
    return replace(tenant, purging=now)


class Stage(Enum):
    """How far what a site has left behind is on its way."""

    INSTALLED = "installed"
    GRACE = "grace"
    """Removed, and brought back whole by a re-installation."""

    DUE = "purge due"
    HELD = "held"
    """A legal hold keeps what would be purged otherwise."""

    PURGING = "purging"
    PURGED = "purged"
    """Gone from live storage, and not confirmed yet."""

    CONFIRMED = "confirmed"
    """Gone for good from this site; copies of its keys may still exist elsewhere."""

    SHREDDED = "shredded"


def stage(tenant: Tenant, policy: RetentionPolicy, now: datetime) -> Stage:
    """A tenant that is there is installed, in its grace period, held, due or being purged."""
    if tenant.purging is not None:
        return Stage.PURGING
    return _STAGES[obstacle(tenant, policy, now)]


_STAGES: Final = {
    Obstacle.INSTALLED: Stage.INSTALLED,
    Obstacle.HELD: Stage.HELD,
    Obstacle.GRACE: Stage.GRACE,
    None: Stage.DUE,
}
