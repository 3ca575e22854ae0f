"""Destroying what a removed site has left behind, one step after the other."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from application.keys.vault import KEY_LIFETIME, KeyVault
from application.maintenance.jobs import Finding
from application.retention.copies import Copies
from application.retention.findings import not_shipped, residue_found
from application.retention.ledger import Ledger
from application.retention.receipts import Receipts
from application.retention.residue import Residue, Searcher, search_residue
from application.sealing.records import Held, Records
from application.tenants.repository import Tenants
from domain import erasures
from domain.erasures import Erasure, Period, Receipt
from domain.ids import TenantId
from domain.keys import SETTLING
from domain.retention import RetentionPolicy, begin_purge
from domain.tenants import Tenant
from ports.sources import Clock

CONFIRMATION: Final = timedelta(seconds=KEY_LIFETIME) + SETTLING
"""How long after a purge everything is destroyed once more.

By then no process remembers a data key of the tenant, and nothing that was sealed under one is on its way any more.
"""

LOOK: Final = timedelta(hours=1)
"""How long it takes until somebody looks again whether a purged tenant is shredded."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one step."""

    receipt: Held[Receipt] | None
    """As it is now; None where another process has been faster, and goes on."""

    done: str | None = None
    """What was done, in a fixed phrase; None where nothing could be."""

    finding: Finding | None = None


class Purge:
    """Ends lives, for good.

    The tenant's record is marked, by compare-and-swap: whether the site comes back or goes is decided there. Then the
    ledger's entry is made, and shipped; then every wrap is destroyed, then the records, then the alias leads nowhere.
    After `CONFIRMATION` all of that is done once more, and nothing may be found. Every step can be repeated by anybody
    after any failure: what drives it is the ledger, and no alias is needed. Raises what the ports raise.
    """

    def __init__(
        self,
        tenants: Tenants,
        records: Records,
        vault: KeyVault,
        copies: Copies,
        searchers: Sequence[Searcher],
        clock: Clock,
    ) -> None:
        self.ledger = Ledger(records)
        self.receipts = Receipts(records)
        self._tenants = tenants
        self._storage = records.storage
        self._vault = vault
        self._copies = copies
        self._searchers = searchers
        self._clock = clock

    async def begin(self, tenant: TenantId, policy: RetentionPolicy, *, early: bool = False) -> Held[Receipt] | None:
        """Decide that a removed tenant's life has ended; return the receipt, None where there is an obstacle."""

        def step(before: Tenant | None) -> Tenant | None:
            return before and begin_purge(before, policy, self._clock(), early=early)

        marked = await self._tenants.change(tenant, step)
        if marked is None or marked.purging is None:
            return None
        entry = erasures.end_of(marked, marked.purging)
        await self.ledger.add(entry)
        return await self.open_receipt(entry, erasures.held_periods(marked))

    async def open_receipt(self, entry: Erasure, held: tuple[Period, ...] = ()) -> Held[Receipt] | None:
        """Count what there is of a tenant that the ledger names, before anything of it is destroyed."""
        records, generations = await self.count(entry.tenant)
        receipt = Receipt(erasure=entry, records=records, generations=generations, held=held)
        return await self.receipts.open(receipt, self._clock())

    async def count(self, tenant: TenantId) -> tuple[dict[str, int], tuple[int, ...]]:
        """Return how many records of each kind a tenant has, and which generations of its data key."""
        return await self._storage.holdings(tenant), await self._vault.numbers(tenant)

    async def go_on(self, held: Held[Receipt]) -> Step:
        """Do the next step of a purge, if it can be done now."""
        if held.value.purged is None:
            return await self._destroy(held)
        if held.value.confirmed is None:
            return await self._confirm(held)
        return await self._shred(held)

    async def erase(self, entry: Erasure) -> int:
        """Destroy everything that there is of a tenant that the ledger names; return how many records there were."""
        await self._vault.erase(entry.tenant)
        erased = await self._storage.erase(entry.tenant)
        await self._tenants.aliases.empty({entry.tenant: entry.ended})
        return erased

    async def search(self, tenant: TenantId) -> Residue:
        """Look for anything that is there of a tenant."""
        return await search_residue(tenant, self._searchers)

    async def outstanding(self, receipt: Receipt) -> tuple[str, ...]:
        """Return what still keeps a tenant from being called shredded, in phrases for an operator."""
        return erasures.outstanding(receipt, await self._copies.evidence(receipt.erasure.tenant))

    async def _destroy(self, held: Held[Receipt]) -> Step:
        entry = held.value.erasure
        if not await self._copies.ledger_is_shipped(entry.tenant):
            return Step(receipt=held, finding=not_shipped(entry.tenant))
        await self.erase(entry)
        now = self._clock()
        saved = await self.receipts.save(held, erasures.purged(held.value, now), now + CONFIRMATION)
        return Step(receipt=saved, done="sites purged")

    async def _confirm(self, held: Held[Receipt]) -> Step:
        entry = held.value.erasure
        stragglers = await self.erase(entry)
        if (await self.search(entry.tenant)).found:
            return Step(receipt=held, finding=residue_found(entry.tenant))
        now = self._clock()
        saved = await self.receipts.save(held, erasures.confirmed(held.value, now, stragglers), now)
        return Step(receipt=saved, done="purges confirmed")

    async def _shred(self, held: Held[Receipt]) -> Step:
        now = self._clock()
        if await self.outstanding(held.value):
            return Step(receipt=await self.receipts.save(held, held.value, now + LOOK))
        tenant = held.value.erasure.tenant
        if (await self.search(tenant)).left:
            saved = await self.receipts.save(held, erasures.reopened(held.value), now)
            return Step(receipt=saved, done="purges taken up again", finding=residue_found(tenant))
        saved = await self.receipts.save(held, erasures.shredded(held.value, now), None)
        return Step(receipt=saved, done="sites shredded")
