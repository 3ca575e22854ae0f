"""Tenants, kept each under its own data key, and found by the name that its site goes by."""

from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

import msgspec

from application.ids import Ids
from application.keys.vault import KeyVault
from application.sealing.records import Held, Records, Write
from application.tenants.views import TenantView, Views
from domain.errors import TooContended
from domain.ids import SYSTEM, TenantId
from domain.tenants import Tenant
from ports.errors import Conflict, NotFound
from ports.sources import Monotonic
from ports.storage import ABSENT, SCAN_LIMIT, Ref

TENANT: Final = "tenant"
"""The kind of the one record that says what a tenant is."""

ALIAS: Final = "alias"
"""The kind of the SYSTEM records whose key is a site's name in clear, and which lead to its tenant."""

_ONLY: Final = "1"
_ATTEMPTS: Final = 10
_ALIASES: Final = 10_000

Step: TypeAlias = Callable[[Tenant | None], Tenant | None]
"""What becomes of a tenant; None stands for one that is not there."""


class _Lead(msgspec.Struct, frozen=True):
    """Where an alias leads."""

    tenant: TenantId


class Tenants:
    """The tenants of this service, each as it was at most 5 seconds ago.

    An alias is created once, before the tenant's record and after its data key: a crash in between leaves a key that
    seals nothing or an alias of a tenant that is not there yet, and a repeated installation goes on from either.
    Raises what `Records` raises.
    """

    def __init__(self, records: Records, vault: KeyVault, ids: Ids, monotonic: Monotonic) -> None:
        self._records = records
        self._vault = vault
        self._ids = ids
        self._monotonic = monotonic
        self._views = Views(monotonic)
        self._aliases: dict[str, TenantId] = {}

    async def by_alias(self, alias: str) -> TenantView | None:
        """Return the tenant that `alias` leads to; None where there is none, or it has been erased."""
        remembered = self._aliases.pop(alias, None)
        view = None if remembered is None else await self.get(remembered)
        if view is None:
            tenant = await self._led_to(alias)
            view = None if tenant is None else await self.get(tenant)
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
        """Yield every tenant there is, in the order of their aliases."""
        after = None
        while True:
            page = await self._records.storage.scan(SYSTEM, ALIAS, after=after)
            for held in await self._records.open_many(page, _Lead):
                view = await self.get(held.value.tenant)
                if view is not None:
                    yield view.tenant
            if len(page) < SCAN_LIMIT:
                return
            after = page[-1].ref.key

    async def enrol(self, alias: str) -> TenantId:
        """Return the tenant that `alias` leads to; where it leads nowhere, to a new one that has a data key.

        Raises Unavailable, with nothing sealed or named, where a key manager does not wrap.
        """
        found = await self._led_to(alias)
        if found is not None:
            return found
        tenant = self._ids.tenant()
        await self._vault.create(tenant)
        try:
            await self._records.put(Write(_alias_ref(alias), ABSENT + 1, _Lead(tenant)))
        except Conflict:
            return await self._led_to_by_another(alias)
        return tenant

    async def change(self, tenant: TenantId, step: Step) -> Tenant | None:
        """Replace the tenant by what `step` makes of it, tried again for as long as others change it meanwhile.

        `step` may be called several times. Raises TooContended.
        """
        for _ in range(_ATTEMPTS):
            began = self._monotonic()
            held = await self._held(tenant)
            before, rev = (None, ABSENT) if held is None else (held.value, held.rev)
            after = step(before)
            if after is None:
                return None
            if after != before:
                try:
                    await self._records.put(Write(_tenant_ref(tenant), rev := rev + 1, after))
                except Conflict:
                    continue
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

    async def _led_to(self, alias: str) -> TenantId | None:
        held = await self._records.get(_alias_ref(alias), _Lead)
        return None if held is None else held.value.tenant

    async def _led_to_by_another(self, alias: str) -> TenantId:
        tenant = await self._led_to(alias)
        if tenant is None:
            raise TooContended
        return tenant

    def _remember(self, alias: str, tenant: TenantId) -> None:
        self._aliases[alias] = tenant
        if len(self._aliases) > _ALIASES:
            del self._aliases[next(iter(self._aliases))]


def _alias_ref(alias: str) -> Ref:
    return Ref(SYSTEM, ALIAS, alias)


def _tenant_ref(tenant: TenantId) -> Ref:
    return Ref(tenant, TENANT, _ONLY)
