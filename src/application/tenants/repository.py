"""Tenants, kept each under its own data key, and found by the name that its site goes by."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeAlias

from application.ids import Ids
from application.keys.vault import KeyVault
from application.retention.ledger import Ledger
from application.sealing.records import Held, Records, Write
from application.tenants.aliases import Aliases, Lead, latest
from application.tenants.digests import Digests
from application.tenants.views import TenantView, Views
from domain.errors import TooContended
from domain.ids import TenantId
from domain.tenants import Tenant
from ports.errors import Conflict, NotFound
from ports.sources import Monotonic
from ports.storage import ABSENT, SCAN_LIMIT, Ref

TENANT: Final = "tenant"
"""The kind of the one record that says what a tenant is."""

_ONLY: Final = "1"
_ATTEMPTS: Final = 10
_ALIASES: Final = 10_000

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

Step: TypeAlias = Callable[[Tenant | None], Tenant | None]
"""What becomes of a tenant; None stands for one that is not there."""


class Removed(NamedTuple):
    """A tenant that has been removed, or whose purge has begun."""

    tenant: TenantId
    at: datetime | None
    """When the removal was issued; None where the purge has begun."""


class Tenants:
    """The tenants of this service, each as it was at most 5 seconds ago.

    An alias leads to a tenant before the tenant's record is there and after its data key is: a crash in between leaves
    a key that seals nothing or an alias of a tenant that is not there yet, and a repeated installation goes on from
    either. Raises what `Records` raises.
    """

    def __init__(self, records: Records, vault: KeyVault, ids: Ids, monotonic: Monotonic, digests: Digests) -> None:
        self.aliases = Aliases(records, digests)
        self._records = records
        self._ledger = Ledger(records)
        self._vault = vault
        self._ids = ids
        self._monotonic = monotonic
        self._views = Views(monotonic)
        self._remembered: dict[str, TenantId] = {}

    async def by_alias(self, alias: str) -> TenantView | None:
        """Return the tenant that `alias` leads to; None where there is none, or it has been erased."""
        remembered = self._remembered.pop(alias, None)
        view = None if remembered is None else await self.get(remembered)
        if view is None or view.tenant.purging is not None:
            lead = await self.aliases.find(alias)
            view = None if lead is None or lead.value.tenant is None else await self.get(lead.value.tenant)
        if view is not None:
            self._remember(alias, view.tenant.id)
        return view

    async def get(self, tenant: TenantId) -> TenantView | None:
        """Return the tenant; None where there is none, or it has been erased."""
        return self._views.fresh(tenant) or await self._read(tenant)

    async def reload(self, view: TenantView) -> TenantView | None:
        """Return the tenant as it is now, at most once a second; else as it was seen last."""
        return await self._read(view.tenant.id) if self._views.may_reload(view) else view

    async def everyone(self) -> AsyncIterator[Tenant]:
        """Yield every tenant there is, in no particular order."""
        async for held in self.aliases.everything():
            view = None if held.value.tenant is None else await self.get(held.value.tenant)
            if view is not None:
                yield view.tenant

    async def removed(self, before: datetime) -> list[Removed]:
        """Return up to 1,000 tenants whose removal was issued at or before then, the first removed first.

        Tenants whose purge has begun precede them. None is opened for it: a key manager may be out.
        """
        due = await self._records.storage.due(TENANT, before, SCAN_LIMIT)
        return [Removed(TenantId(record.ref.tenant), None if record.due == _LONG_AGO else record.due) for record in due]

    async def enrol(self, alias: str, issued: datetime) -> TenantId | None:
        """Return the tenant whose life an installation that was issued then belongs to; None if that life is over.

        It is a new one, with a data key, where the site has no life or the purge of its life has been decided. Raises
        TooContended; Unavailable, with nothing sealed or named, where a key manager does not wrap.
        """
        for _ in range(_ATTEMPTS):
            held = await self.aliases.find(alias)
            lead = Lead(tenant=None) if held is None else held.value
            end = None if lead.tenant is None else await self._end(lead.tenant)
            ended = latest(lead.ended, end)
            if ended is not None and issued <= ended:
                return None
            if lead.tenant is not None and end is None:
                return lead.tenant
            tenant = self._ids.tenant()
            await self._vault.create(tenant)
            if await self.aliases.lead(alias, held, tenant, ended):
                return tenant
        raise TooContended

    async def has_ended(self, tenant: TenantId) -> bool:
        """Whether the ledger says that the tenant's life has ended: nothing written for it is of any use then."""
        return await self._ledger.find(tenant) is not None

    async def change(self, tenant: TenantId, step: Step) -> Tenant | None:
        """Replace the tenant by what `step` makes of it, tried again for as long as others change it meanwhile.

        `step` may be called several times. Returns None where `step` does, or where the tenant's keys are destroyed.
        Raises TooContended.
        """
        for _ in range(_ATTEMPTS):
            began = self._monotonic()
            try:
                held = await self._records.get(_tenant_ref(tenant), Tenant)
                before, rev = (None, ABSENT) if held is None else (held.value, held.rev)
                after = step(before)
                if after is None:
                    return None
                if after != before:
                    await self._records.put(_write(after, rev := rev + 1))
            except Conflict:
                continue
            except NotFound:
                return None
            return self._views.seen(after, rev, began).tenant
        raise TooContended

    async def _read(self, tenant: TenantId) -> TenantView | None:
        began = self._monotonic()
        held = await self._held(tenant)
        if held is None:
            self._views.forget(tenant)
            return None
        return self._views.seen(held.value, held.rev, began)

    async def _held(self, tenant: TenantId) -> Held[Tenant] | None:
        """A tenant whose data key has been destroyed is no longer there, although its sealed record still may be."""
        try:
            return await self._records.get(_tenant_ref(tenant), Tenant)
        except NotFound:
            return None

    async def _end(self, tenant: TenantId) -> datetime | None:
        """Return when the newest callback of an ended life was issued; None while it goes on, or has not begun.

        The ledger is asked first: what a process that still remembers a key has written since says nothing.
        """
        entry = await self._ledger.find(tenant)
        if entry is not None:
            return entry.ended
        held = await self._held(tenant)
        return None if held is None or held.value.purging is None else held.value.present_since

    def _remember(self, alias: str, tenant: TenantId) -> None:
        self._remembered[alias] = tenant
        if len(self._remembered) > _ALIASES:
            del self._remembered[next(iter(self._remembered))]


def _write(tenant: Tenant, rev: int) -> Write:
    """A removed tenant is due from its removal on, one whose purge has begun long since; see `removed`."""
    due = tenant.uninstalled if tenant.purging is None else _LONG_AGO
    return Write(_tenant_ref(tenant.id), rev, tenant, due=due)


def _tenant_ref(tenant: TenantId) -> Ref:
    return Ref(tenant, TENANT, _ONLY)
