"""Receipts: how far each purge has come, and in the end the proof of it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from application.sealing.pages import pages
from application.sealing.records import Held, Records, Write
from domain.erasures import Receipt
from domain.ids import SYSTEM, TenantId
from ports.errors import Conflict
from ports.storage import ABSENT, SCAN_LIMIT, Ref

RECEIPT: Final = "receipt"
"""The kind of the sealed SYSTEM records that are receipts; the key is the tenant's id, due is the next step."""


class Receipts:
    """One for each entry of the ledger, changed by compare-and-swap. Raises what `Records` raises."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def open(self, receipt: Receipt, due: datetime) -> Held[Receipt] | None:
        """Begin a receipt, unless there is one already; return the one there is."""
        ref = _ref(receipt.erasure.tenant)
        with suppress(Conflict):
            await self._records.put(Write(ref, ABSENT + 1, receipt, due=due))
        return await self.find(receipt.erasure.tenant)

    async def save(self, before: Held[Receipt], receipt: Receipt, due: datetime | None) -> Held[Receipt] | None:
        """Replace a receipt; return what is stored now, None where somebody else has changed it meanwhile."""
        try:
            await self._records.put(Write(before.ref, before.rev + 1, receipt, due=due))
        except Conflict:
            return None
        return await self.find(receipt.erasure.tenant)

    async def find(self, tenant: TenantId) -> Held[Receipt] | None:
        """Return the receipt of a tenant's purge; None where that has not begun."""
        return await self._records.get(_ref(tenant), Receipt)

    async def everything(self) -> AsyncIterator[Receipt]:
        """Yield every receipt in the order of the tenants' ids."""
        async for page in pages(self._records.storage, SYSTEM, RECEIPT):
            for held in await self._records.open_many(page, Receipt):
                yield held.value

    async def due(self, before: datetime) -> list[Held[Receipt]]:
        """Return up to 1,000 receipts whose next step is due by then, soonest first."""
        return await self._records.open_many(await self._records.storage.due(RECEIPT, before, SCAN_LIMIT), Receipt)


def _ref(tenant: TenantId) -> Ref:
    return Ref(SYSTEM, RECEIPT, tenant)
