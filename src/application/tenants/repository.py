"""Tenants, kept each under its own data key, and found by the name that its site goes by."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from application.ids import Ids
from application.keys.vault import KeyVault
from application.retention.ledger import Ledger
from application.sealing.records import Held, Records, Write
from application.tenants.aliases import Aliases, Lead, latest
from application.tenants.digests import Digests
from application.tenants.views import RECORD_PAUSE, TenantView, Views
from domain.errors import TooContended
from domain.ids import TenantId
from domain.retention import grace_began
from domain.tenants import Tenant
from ports.errors import Conflict, NotFound
from ports.sources import Monotonic
from ports.storage import ABSENT, SCAN_LIMIT, Ref

TENANT: Final = "tenant"
"""The kind of the one record that says what a tenant is."""

_ONLY: Final = "1"
_ATTEMPTS: Final = 10
REMEMBERED: Final = 10_000

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

Step: TypeAlias = Callable[[Tenant | None], Tenant | None]
"""What becomes of a tenant; None stands for one that is not there."""


class Removed(NamedTuple):
    """A tenant that has been removed, or whose purge has begun."""

    tenant: TenantId
    at: datetime | None
    """When its grace began: as a rule when the removal was issued; None where the purge has begun."""


class Tenants:
    """The tenants of this service, each as it was at most 5 seconds ago.

    An alias leads to a tenant before the tenant's record is there and after its data key is: a crash in between leaves
    a key that seals nothing or an alias of a tenant that is not there yet, and a repeated installation goes on from
    either. Raises what `Records` raises.
    """

    def __init__(
        self,
        records: Records,
        vault: KeyVault,
        ids: Ids,
        monotonic: Monotonic,
        digests: Digests,
        *,
        most: int = REMEMBERED,
    ) -> None:
        """At most so many tenants, and aliases, are remembered."""
        self.aliases = Aliases(records, digests)
        self._records = records
        self._ledger = Ledger(records)
        self._vault = vault
        self._ids = ids
        self._monotonic = monotonic
        self._views = Views(monotonic, most)
        self._most = most
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

    def may_record(self, view: TenantView) -> bool:
        """Whether recording that a tenant was heard may be tried; not for a minute after it has failed."""
        return view.recorded_from <= self._monotonic()

    def defer_recording(self, view: TenantView) -> None:
        """Do not try for a minute to record that a tenant was heard."""
        view.recorded_from = self._monotonic() + RECORD_PAUSE

    async def every_id(self) -> AsyncIterator[TenantId]:
        """Yield the id of every tenant once, however many aliases lead to it; none is opened for it."""
        met = set[TenantId]()
        async for held in self.aliases.everything():
            tenant = held.value.tenant
            if tenant is not None and tenant not in met:
                met.add(tenant)
                yield tenant

    async def everyone(self) -> AsyncIterator[Tenant]:
        """Yield every tenant there is, in no particular order."""
        async for tenant in self.every_id():
            view = await self.get(tenant)
            if view is not None:
                yield view.tenant

    async def removed(self, before: datetime) -> list[Removed]:
        """Return up to 1,000 tenants whose grace began at or before then, the first removed first.

        Tenants whose purge has begun precede them. None is opened for it: a key manager may be out.
        """
        due = await self._records.storage.due(TENANT, before, SCAN_LIMIT)
        return [Removed(TenantId(record.ref.tenant), None if record.due == _LONG_AGO else record.due) for record in due]

    async def enrol(self, alias: str, issued: datetime, *, former: str | None = None) -> TenantId | None:
        """Return the tenant whose life an installation that was issued then belongs to; None if that life is over.

        Where the site has no life, or the purge of its life has been decided, it is the one that its `former` name
        leads to, unless that life already goes by another name; the name leads there from then on. Else it is a new
        life, with a data key. Raises TooContended; Unavailable, with nothing sealed or named, where a key manager does
        not wrap.
        """
        for _ in range(_ATTEMPTS):
            held = await self.aliases.find(alias)
            tenant, ended = await self._life(held)
            if tenant is not None:
                return None if _is_void(issued, ended) else tenant
            if former is not None:
                tenant, ended_before = await self._life(await self.aliases.find(former))
                ended = latest(ended, ended_before)
            if _is_void(issued, ended):
                return None
            if tenant is None or not await self._tie(tenant, former, alias):
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

    async def _tie(self, tenant: TenantId, former: str | None, alias: str) -> bool:
        """Let a life that goes by its former name go by `alias`; return whether it goes by that.

        Decided on the tenant's one record, before any name leads there: several sites may have the former name in
        common, and two of them that call at once must not both be led to it.
        """
        tied = await self.change(tenant, lambda found: found and _renamed(found, former, alias))
        return tied is not None and tied.alias == alias

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

    async def _life(self, held: Held[Lead] | None) -> tuple[TenantId | None, datetime | None]:
        """Return the life that a name leads to, if that goes on, and by when the newest callback of one was issued."""
        lead = Lead(tenant=None) if held is None else held.value
        end = None if lead.tenant is None else await self._end(lead.tenant)
        return lead.tenant if end is None else None, latest(lead.ended, end)

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
        if len(self._remembered) > self._most:
            del self._remembered[next(iter(self._remembered))]


def _renamed(tenant: Tenant, former: str | None, alias: str) -> Tenant:
    return replace(tenant, alias=alias) if tenant.alias == former and tenant.purging is None else tenant


def _is_void(issued: datetime, ended: datetime | None) -> bool:
    return ended is not None and issued <= ended


def _write(tenant: Tenant, rev: int) -> Write:
    """A removed tenant is due from when its grace is counted, one whose purge has begun long since; see `removed`."""
    due = grace_began(tenant) if tenant.purging is None else _LONG_AGO
    return Write(_tenant_ref(tenant.id), rev, tenant, due=due)


def _tenant_ref(tenant: TenantId) -> Ref:
    return Ref(tenant, TENANT, _ONLY)
