"""What a verified token of Forge does: it brings its tenant about, keeps it heard, and may tell that it is leaving.

Tokens come in any order, more than once, at several processes at once, and before the event that tells of the
installation, or instead of it.
"""

from functools import partial
from typing import Final

from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from domain.errors import TooContended
from domain.forge import ForgeCall, begin_forge_life, hear, is_named_by, note_leave
from domain.ids import TenantId
from domain.tenants import Tenant
from ports.errors import PortError
from ports.sources import Clock

_LIVES: Final = 10
"""How often a call is tried upon the life that the alias leads to by then."""


async def get_or_create(call: ForgeCall, tenants: Tenants, clock: Clock) -> TenantView | None:
    """Return the tenant of a call: begun where it is new, back as it was where it had ended, and heard.

    The same tenant for every installation on a Jira site. The one that an earlier release made for this installation
    goes to the first Jira site that calls: an installation may be on several, and each has a tenant of its own. Where a
    purge of the former life has been decided a new life begins. Returns None for a call that was issued before a life
    ended. A tenant that is there is returned also where nothing can be written; see `record_heard`. Raises
    TooContended; Unavailable, with nothing stored, where a key manager is out and the tenant is new; ReadOnly where it
    would have to be written.
    """
    view = await tenants.by_alias(call.alias)
    if view is not None:
        view = await record_heard(call, view, tenants)
    return view or await _begin(call, tenants, clock)


async def record_heard(call: ForgeCall, view: TenantView, tenants: Tenants) -> TenantView | None:
    """Record that a tenant was heard, about once an hour, and bring it back if it had ended; return it as it is then.

    A read must not need a write: where recording fails the call goes on with the tenant as it was, and recording is
    tried again a minute later. Only a tenant that had ended must be written; then what the ports raise is raised.
    Returns None where its purge has begun.
    """
    before = view.tenant
    if before.purging is not None:
        return None
    must_be_written = before.uninstalled is not None
    if hear(before, call) is before or not (must_be_written or tenants.may_record(view)):
        return view
    try:
        after = await tenants.change(before.id, lambda tenant: tenant and hear(tenant, call))
    except (PortError, TooContended):
        if must_be_written:
            raise
        tenants.defer_recording(view)
        return view
    if after is None or after.purging is not None:
        return None
    return await tenants.get(before.id)


async def note_leaving(call: ForgeCall, tenants: Tenants) -> None:
    """Note that the app is about to be removed from a Jira site, which ends nothing: its silence counts sooner.

    Nothing happens where the site is not known. May be repeated, and void where a later installation is known. Raises
    TooContended.
    """
    view = await tenants.by_alias(call.alias) or await tenants.by_alias(call.former_alias)
    if view is not None and is_named_by(view.tenant, call):
        await tenants.change(view.tenant.id, lambda tenant: tenant and note_leave(hear(tenant, call), call))


async def _begin(call: ForgeCall, tenants: Tenants, clock: Clock) -> TenantView | None:
    for _ in range(_LIVES):
        tenant = await tenants.enrol(call.alias, call.issued, former=call.former_alias)
        if tenant is None:
            return None
        begun = await tenants.change(tenant, partial(_heard, tenant=tenant, call=call, clock=clock))
        goes_on = begun is not None and begun.purging is None and not await tenants.has_ended(tenant)
        view = await tenants.get(tenant) if goes_on else None
        if view is not None:
            return view
    raise TooContended


def _heard(before: Tenant | None, tenant: TenantId, call: ForgeCall, clock: Clock) -> Tenant:
    return begin_forge_life(tenant, call, clock()) if before is None else hear(before, call)
