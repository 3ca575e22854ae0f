"""When a Forge tenant that is not heard any more has ended, and when silence says nothing of any tenant.

Forge tells of no removal, so that an end is inferred from silence. Silence is counted in time during which a process
of the service looked on by its monotonic clock, and during which the platform was heard: an outage of Forge, downtime
of the service and a wrong time of day all count for nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.forge_use import ForgeUse
from domain.tenants import Tenant

QUIET: Final = timedelta(hours=6)
"""A tenant that is not heard for so long is silent: one that uses the app is heard every hour."""

COUNTED: Final = timedelta(hours=2)
"""A silence of so long is recorded, for the next process to go on from; as a rule no tenant in use comes to it."""

TOGETHER: Final = timedelta(days=1)
"""Tenants that were heard last within one such period have fallen silent together."""

FEW: Final = 3
"""So many tenants may fall silent together, however few there are in all."""

STEP: Final = timedelta(days=1)
"""The longest that is counted between two looks: a process that was stopped in between has heard nothing either."""


class SilencePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a tenant is silent until it has ended, and what of it does not count."""

    silence: timedelta = timedelta(days=10)
    leaving: timedelta = timedelta(days=3)
    """The same after the tenant told that it is leaving."""

    returning: timedelta = timedelta(days=4)
    """How long a tenant whose end has been found can come back, at the least."""

    outage_share: float = 0.2
    """If more than this share of all tenants fall silent together, and more than FEW, the platform is out."""


def total_silence(use: ForgeUse) -> timedelta:
    """Return for how long a tenant has been silent, in time that counted."""
    return use.silent + use.all_silent


def is_quiet(use: ForgeUse) -> bool:
    """Whether a tenant has not been heard for longer than one that uses the app."""
    return total_silence(use) >= QUIET


def is_platform_out(uses: Sequence[ForgeUse], policy: SilencePolicy) -> bool:
    """Whether so many of all tenants have fallen silent together that it is the platform that is not heard.

    Tenants of an earlier release that no token has named count as heard at one moment, and most of them have left: they
    say nothing while any other tenant is heard.
    """
    named = [use for use in uses if use.installations]
    if not all(map(is_quiet, named)):
        uses = named
    heard = sorted(use.last_heard for use in uses if is_quiet(use))
    most = max((_within(heard, first) for first in range(len(heard))), default=0)
    return most > FEW and most > len(uses) * policy.outage_share


def is_no_tenant_heard(uses: Sequence[ForgeUse]) -> bool:
    """Whether no tenant is heard since its silence is recorded, which of very few may be so because all have left."""
    return all(total_silence(use) >= COUNTED for use in uses)


def add_silence(use: ForgeUse, seconds: float, *, no_tenant_heard: bool) -> ForgeUse:
    """Return the history with some more seconds in which the tenant was not heard, a STEP at the most."""
    more = min(timedelta(seconds=seconds), STEP)
    return replace(use, all_silent=use.all_silent + more) if no_tenant_heard else replace(use, silent=use.silent + more)


def remaining_silence(use: ForgeUse, policy: SilencePolicy) -> timedelta:
    """Return how much longer a tenant must be silent until it has ended, while other tenants are heard.

    Time in which no tenant was heard counts for less once the tenant is leaving: it may have been an outage.
    """
    long = max(policy.silence - total_silence(use), timedelta())
    if use.leaving is None:
        return long
    short = policy.leaving * (1 - use.all_silent / policy.silence) - use.silent
    return min(long, max(short, timedelta()))


def has_ended(use: ForgeUse, policy: SilencePolicy) -> bool:
    """Whether a tenant has been silent for long enough."""
    return not remaining_silence(use, policy)


def earliest_end(use: ForgeUse, policy: SilencePolicy, now: datetime) -> datetime:
    """Return when a tenant ends that is not heard from now on, at the earliest."""
    return (now if is_quiet(use) else use.last_heard) + remaining_silence(use, policy)


def end(tenant: Tenant, use: ForgeUse, policy: SilencePolicy, grace: timedelta, now: datetime) -> Tenant:
    """Return the tenant as one that ended when it was heard last.

    Its grace is counted from then, but leaves at least `policy.returning` from now on.
    """
    shortest = now + policy.returning - grace
    return replace(
        tenant,
        forge=use,
        uninstalled=use.last_heard,
        present_since=max(tenant.present_since, use.last_heard),
        grace_since=shortest if shortest > use.last_heard else None,
    )


def _within(heard: Sequence[datetime], first: int) -> int:
    return sum(heard[first] <= each <= heard[first] + TOGETHER for each in heard[first:])
