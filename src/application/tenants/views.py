"""What this process believes of tenants, and for how long."""

from typing import Final

from domain.ids import TenantId
from domain.tenants import Tenant
from ports.sources import Monotonic

VIEW_LIFETIME: Final = 5.0
"""For how many seconds a tenant is believed to be as it was read."""

RELOAD_PAUSE: Final = 1.0
"""How many seconds lie between two reloads of one tenant that doubt has asked for."""

RECORD_PAUSE: Final = 60.0
"""For how many seconds recording that a tenant was heard is not tried again after it has failed."""

_LONG_AGO: Final = float("-inf")


class TenantView:
    """A tenant as it was found, and until when it may be believed.

    The same object for as long as the tenant does not change, also where its record is sealed anew: whatever was found
    true of it stays true while it is fresh, and it is fresh no more from the moment that this process learns of a
    change.
    """

    __slots__ = ("fresh_until", "recorded_from", "reloaded", "rev", "tenant")

    def __init__(self, tenant: Tenant, rev: int, fresh_until: float) -> None:
        self.tenant = tenant
        self.rev = rev
        self.fresh_until = fresh_until
        """In seconds of the monotonic clock."""

        self.reloaded = _LONG_AGO
        self.recorded_from = _LONG_AGO
        """From when on, by the same clock, recording that the tenant was heard may be tried."""


class Views:
    """The newest view of each tenant; of many tenants only those that were read last."""

    def __init__(self, monotonic: Monotonic, most: int) -> None:
        self._most = most
        self._monotonic = monotonic
        self._views: dict[TenantId, TenantView] = {}

    def fresh(self, tenant: TenantId) -> TenantView | None:
        """Return the view if it may still be believed."""
        view = self._views.get(tenant)
        return None if view is None or view.fresh_until <= self._monotonic() else view

    def may_reload(self, view: TenantView) -> bool:
        """Whether doubt may ask for another look now; the look is counted."""
        now = self._monotonic()
        if now - view.reloaded < RELOAD_PAUSE:
            return False
        view.reloaded = now
        return True

    def seen(self, tenant: Tenant, rev: int, began: float) -> TenantView:
        """Take in what was read, or written, by a call that began at `began`; return the newest view."""
        known = self._views.get(tenant.id)
        if known is not None and known.rev > rev:
            return known
        if known is not None and known.tenant == tenant:
            known.rev = rev
            known.fresh_until = max(known.fresh_until, began + VIEW_LIFETIME)
            return known
        view = TenantView(tenant, rev, began + VIEW_LIFETIME)
        if known is not None:
            view.reloaded = known.reloaded
            view.recorded_from = known.recorded_from
            self.forget(tenant.id)
        self._views[tenant.id] = view
        if len(self._views) > self._most:
            self.forget(next(iter(self._views)))
        return view

    def forget(self, tenant: TenantId) -> None:
        """Believe nothing of the tenant any more."""
        view = self._views.pop(tenant, None)
        if view is not None:
            view.fresh_until = _LONG_AGO
