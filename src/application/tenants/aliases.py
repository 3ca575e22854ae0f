"""Which tenant a site's name leads to, and which of its callbacks are older than the end of a life."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from application.sealing.pages import pages
from application.sealing.records import Held, Records, Write
from application.tenants.digests import Digests
from domain.ids import SYSTEM, TenantId
from ports.errors import Conflict
from ports.storage import ABSENT, Ref

ALIAS: Final = "alias"
"""The kind of the SYSTEM records that lead from a site's name to its tenant."""


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alias leads."""

    tenant: TenantId | None
    """None once the life that it led to has been purged, until the site returns."""

    ended: datetime | None = None
    """Callbacks that were issued by then are older than the end of a life, and void."""


class Aliases:
    """The record's key is the name's digest under the service's own digest key, and tells the name to nobody.

    The record is changed by compare-and-swap alone, and emptied where others would be deleted: a name can come back,
    and a revision must not. Raises what `Records` raises.
    """

    def __init__(self, records: Records, digests: Digests) -> None:
        self._records = records
        self._digests = digests

    async def find(self, alias: str) -> Held[Lead] | None:
        """Return where the alias leads; None for a site that is not known and never was."""
        return await self._records.get(await self._ref(alias), Lead)

    async def lead(self, alias: str, before: Held[Lead] | None, tenant: TenantId, ended: datetime | None) -> bool:
        """Lead to `tenant` from now on; whether nobody has changed where the alias led `before`."""
        rev = ABSENT if before is None else before.rev
        return await self._put(await self._ref(alias), rev + 1, Lead(tenant=tenant, ended=ended))

    async def end(self, before: Held[Lead], issued: datetime) -> bool:
        """Hold everything void that was issued by then; whether nobody has changed where the alias led `before`."""
        ended = latest(before.value.ended, issued)
        if ended == before.value.ended:
            return True
        return await self._put(before.ref, before.rev + 1, replace(before.value, ended=ended))

    def everything(self) -> AsyncIterator[Held[Lead]]:
        """Yield every alias there is, also those that lead nowhere, in the order of their digests."""
        return _all_aliases(self._records)

    async def empty(self, ended: Mapping[TenantId, datetime]) -> int:
        """Have the aliases that lead to these tenants lead nowhere, see `empty_aliases`; return how many did."""
        return await empty_aliases(self._records, ended)

    async def _ref(self, alias: str) -> Ref:
        return Ref(SYSTEM, ALIAS, await self._digests.digest(SYSTEM, ALIAS, alias))

    async def _put(self, ref: Ref, rev: int, lead: Lead) -> bool:
        return await _put(self._records, ref, rev, lead)


async def empty_aliases(records: Records, ended: Mapping[TenantId, datetime]) -> int:
    """Have the aliases that lead to these tenants lead nowhere; return how many did.

    No name is needed for it: all aliases are looked through. One that somebody changes meanwhile is looked at again,
    and left alone if it then leads to another life.
    """
    return sum([await _empty(records, found, ended) async for found in _all_aliases(records)])


async def _all_aliases(records: Records) -> AsyncIterator[Held[Lead]]:
    async for page in pages(records.storage, SYSTEM, ALIAS):
        for held in await records.open_many(page, Lead):
            yield held


async def _empty(records: Records, held: Held[Lead] | None, ended: Mapping[TenantId, datetime]) -> bool:
    while held is not None and held.value.tenant is not None and held.value.tenant in ended:
        end = latest(held.value.ended, ended[held.value.tenant])
        if await _put(records, held.ref, held.rev + 1, Lead(tenant=None, ended=end)):
            return True
        held = await records.get(held.ref, Lead)
    return False


async def _put(records: Records, ref: Ref, rev: int, lead: Lead) -> bool:
    try:
        await records.put(Write(ref, rev, lead))
    except Conflict:
        return False
    return True


def latest(*moments: datetime | None) -> datetime | None:
    """Return the latest of the moments that there are."""
    return max((moment for moment in moments if moment is not None), default=None)
