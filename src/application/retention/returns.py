"""Whether a Forge tenant that has ended could have been heard again before its purge begins."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.forge import is_on_forge
from domain.ids import TenantId
from domain.silence import QUIET
from domain.tenants import Tenant
from ports.sources import Monotonic

STEP: Final = timedelta(hours=1)
"""The longest that counts between two sightings: a process that was stopped in between has heard nothing either."""


class _Sighting(NamedTuple):
    tenant: Tenant
    at: float
    waited: timedelta


class Returns:
    """For how long this process has looked on while tenants whose purge is due could have been heard.

    That a purge is due is told by the time of day, which may be wrong, and the time to return may have passed while the
    service was down. A tenant that uses the app is heard within QUIET of a process that runs, and is due no more.
    """

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._sightings: dict[TenantId, _Sighting] = {}

    def has_waited(self, tenant: Tenant) -> bool:
        """Note that the purge of a tenant is due; return whether it has been for long enough, one of Connect at once.

        A purge that was decided goes on at once, too.
        """
        if not is_on_forge(tenant) or tenant.purging is not None:
            return True
        now, before = self._monotonic(), self._sightings.get(tenant.id)
        waited = timedelta()
        if before is not None and _end(before.tenant) == _end(tenant):
            waited = before.waited + min(timedelta(seconds=now - before.at), STEP)
        self._sightings[tenant.id] = _Sighting(tenant, now, waited)
        return waited >= QUIET

    def keep(self, due: Collection[TenantId]) -> None:
        """Forget every tenant whose purge is not due any more."""
        self._sightings = {tenant: seen for tenant, seen in self._sightings.items() if tenant in due}


def _end(tenant: Tenant) -> tuple[datetime | None, datetime | None, datetime]:
    """One that was heard meanwhile and ended once more has another end."""
    return tenant.uninstalled, tenant.grace_since, tenant.present_since
