"""On whose behalf accounts are reported, and when a timer looks whether they were."""

from datetime import datetime
from typing import Final

from domain.accounts import Cycle
from domain.tenants import Tenant
from ports.accounts import ConnectSite, Way

_CONNECT: Final = "jira:"


def way_of(tenant: Tenant) -> ConnectSite | None:
    """Return how the service speaks to the site itself; None for an installation of Forge, which shares no secret."""
    if tenant.secrets is None:
        return None
    return ConnectSite(tenant.site.base_url, tenant.alias.removeprefix(_CONNECT), tenant.secrets.current)


def look_at(cycle: Cycle, way: Way) -> datetime:
    """A site of Connect is looked at when its report is due; Forge calls by itself, and is looked at a period later."""
    return cycle.due if isinstance(way, ConnectSite) else cycle.due + cycle.period
