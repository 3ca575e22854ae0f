"""What an operator may know of removed sites, and do about them."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.retention.purge import Purge, Step
from application.retention.residue import Residue
from application.tenants.repository import Tenants
from domain import erasures, retention, silence
from domain.approvals import Request
from domain.erasures import Erasure, Receipt
from domain.errors import RetentionRefused
from domain.holds import Hold, in_force, place, release
from domain.ids import TenantId
from domain.retention import Obstacle, RetentionPolicy, Stage
from domain.silence import is_quiet
from domain.tenants import Tenant
from ports.sources import Clock


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where one life of a site stands."""

    tenant: TenantId
    alias: str | None
    """None once the life has been purged."""

    stage: Stage
    removed: datetime | None
    """When the app was removed; on Forge, which does not tell, when the site was heard last."""

    purge_due: datetime | None
    """When its data are to be destroyed, or when that was decided."""

    shredded_by: datetime | None
    """When it will be called shredded at the latest, by the policy; once it is, when that was."""

    hold: Hold | None = None
    """The legal hold that is in force."""

    outstanding: tuple[str, ...] = ()
    """What a purged tenant still waits for."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a purge would destroy now."""

    tenant: TenantId
    alias: str
    obstacle: Obstacle | None
    """Why it would not, where that is so."""

    due: datetime | None
    records: dict[str, int]
    generations: tuple[int, ...]


class Retention:
    """Raises what the ports raise; RetentionRefused where a tenant is not to be treated so."""

    def __init__(self, purge: Purge, tenants: Tenants, policy: RetentionPolicy, clock: Clock) -> None:
        self._purge = purge
        self._tenants = tenants
        self._policy = policy
        self._clock = clock

    async def statuses(self) -> AsyncIterator[Status]:
        """Yield every tenant that is removed, held or purged: those that are there first."""
        there = set[TenantId]()
        async for tenant in self._tenants.everyone():
            there.add(tenant.id)
            status = self._status(tenant)
            if status.stage is not Stage.INSTALLED or status.hold is not None:
                yield status
        async for receipt in self._purge.receipts.everything():
            if receipt.erasure.tenant not in there:
                yield await self._status_of(receipt)

    def ends(self, tenant: Tenant) -> datetime | None:
        """Return when a tenant of Forge ends if it stays silent, at the earliest; None unless it is silent or leaving.

        None also for one that has ended.
        """
        use = tenant.forge
        if use is None or tenant.uninstalled is not None or not (is_quiet(use) or use.leaving):
            return None
        return silence.earliest_end(use, self._policy.silence, self._clock())

    def purge_due(self, tenant: Tenant) -> datetime | None:
        """Return when what a tenant has left behind is to be destroyed; None while the app is installed."""
        return retention.purge_due(tenant, self._policy)

    async def outlook(self, tenant: TenantId) -> Outlook:
        """Count what a purge would destroy, and say what is in its way."""
        found = await self._found(tenant)
        records, generations = await self._purge.count(tenant)
        return Outlook(
            tenant=tenant,
            alias=found.alias,
            obstacle=retention.obstacle(found, self._policy, self._clock()),
            due=retention.purge_due(found, self._policy),
            records=records,
            generations=generations,
        )

    async def purge(self, tenant: TenantId, *, early: bool) -> Step:
        """Destroy what a removed tenant has left behind, as far as that can be done now; the job does the rest."""
        held = await self._purge.begin(tenant, self._policy, early=early)
        if held is None:
            raise RetentionRefused("it is not to be purged now, or not any more")
        return await self._purge.go_on(held)

    async def hold(self, tenant: TenantId, reason: str) -> Hold:
        """Keep a tenant's data from being purged until the hold is released; return the hold."""
        return await self._changed(tenant, reason, place)

    async def release(self, tenant: TenantId, reason: str) -> Hold:
        """End the hold that is in force, and note why; return it."""
        return await self._changed(tenant, reason, release)

    async def receipt(self, tenant: TenantId) -> Receipt | None:
        """Return the receipt of a tenant's purge; None where that has not begun."""
        held = await self._purge.receipts.find(tenant)
        return None if held is None else held.value

    async def outstanding(self, receipt: Receipt) -> tuple[str, ...]:
        """Return what still keeps a tenant from being called shredded."""
        return () if receipt.shredded is not None else await self._purge.outstanding(receipt)

    async def residue(self, tenant: TenantId) -> Residue:
        """Look for anything that is there of a tenant, purged or not; of a shredded one no copy is excused."""
        residue, receipt = await self._purge.search(tenant), await self.receipt(tenant)
        if receipt is None or receipt.shredded is None:
            return residue
        return replace(residue, found=residue.left, copied=())

    async def _changed(
        self, tenant: TenantId, reason: str, change: Callable[[tuple[Hold, ...], Request], tuple[Hold, ...]]
    ) -> Hold:
        """Nobody signs in at the command line yet, so that the request is a single operator's."""
        request = Request(reason=reason, at=self._clock())

        def step(before: Tenant | None) -> Tenant | None:
            if before is not None and before.purging is not None:
                raise RetentionRefused("its purge has begun")
            return before and replace(before, holds=change(before.holds, request))

        changed = await self._tenants.change(tenant, step)
        if changed is None:
            raise RetentionRefused("there is no such tenant, or it has been purged")
        return changed.holds[-1]

    async def _found(self, tenant: TenantId) -> Tenant:
        view = await self._tenants.get(tenant)
        if view is None:
            raise RetentionRefused("there is no such tenant, or it has been purged")
        return view.tenant

    def _status(self, tenant: Tenant) -> Status:
        began = retention.grace_began(tenant)
        return Status(
            tenant=tenant.id,
            alias=tenant.alias,
            stage=retention.stage(tenant, self._policy, self._clock()),
            removed=tenant.uninstalled,
            purge_due=retention.purge_due(tenant, self._policy),
            shredded_by=None if began is None else retention.shredded_by(began, self._policy),
            hold=in_force(tenant.holds),
        )

    async def _status_of(self, receipt: Receipt) -> Status:
        entry = receipt.erasure
        return Status(
            tenant=entry.tenant,
            alias=None,
            stage=erasures.stage(receipt),
            removed=entry.removed,
            purge_due=entry.decided,
            shredded_by=receipt.shredded or self._shredded_by(entry),
            outstanding=await self.outstanding(receipt),
        )

    def _shredded_by(self, entry: Erasure) -> datetime:
        """An end that was found late is decided late."""
        return max(retention.shredded_by(entry.removed, self._policy), entry.decided + self._policy.rest)
