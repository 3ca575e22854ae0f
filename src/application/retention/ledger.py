"""The erasure ledger: which lives have ended for good, so that whatever comes back of them is erased again."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from application.sealing.pages import pages
from application.sealing.records import Held, Records, Write
from domain.erasures import Erasure
from domain.ids import SYSTEM, TenantId
from ports.errors import Conflict
from ports.storage import ABSENT, SCAN_LIMIT, Ref

ERASURE: Final = "erasure"
"""The kind of the sealed SYSTEM records that are the ledger's entries; the key is the tenant's id."""


class Ledger:
    """One entry for each life that has ended, made before anything is destroyed and never changed.

    It names tenants by their ids, never by their aliases. Raises what `Records` raises.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def add(self, entry: Erasure) -> None:
        """Make the entry, unless there is one already; due from the day of the decision, for it to be forgotten."""
        with suppress(Conflict):
            await self._records.put(Write(_ref(entry.tenant), ABSENT + 1, entry, due=entry.decided))

    async def find(self, tenant: TenantId) -> Erasure | None:
        """Return the tenant's entry; None where its life has not ended, or was forgotten."""
        held = await self._records.get(_ref(tenant), Erasure)
        return None if held is None else held.value

    async def entries(self) -> AsyncIterator[Erasure]:
        """Yield every entry in the order of the tenants' ids."""
        async for page in pages(self._records.storage, SYSTEM, ERASURE):
            for held in await self._records.open_many(page, Erasure):
                yield held.value

    async def tenants(self) -> AsyncIterator[TenantId]:
        """Yield the tenant of every entry, for which no key is needed."""
        async for page in pages(self._records.storage, SYSTEM, ERASURE):
            for record in page:
                yield TenantId(record.ref.key)

    async def old(self, decided: datetime) -> list[Held[Erasure]]:
        """Return up to 1,000 entries of purges that were decided by then, the first decided first."""
        return await self._records.open_many(await self._records.storage.due(ERASURE, decided, SCAN_LIMIT), Erasure)

    async def forget(self, entry: Held[Erasure]) -> None:
        """Take an entry away: no backup can hold anything of the tenant any more."""
        with suppress(Conflict):
            await self._records.delete(entry.ref, entry.rev)


def _ref(tenant: TenantId) -> Ref:
    return Ref(SYSTEM, ERASURE, tenant)
