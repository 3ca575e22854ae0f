"""Leaving nothing of a tenant's keys in the vault's storage."""

from contextlib import suppress

from msgspec.structs import replace

from domain.ids import TenantId
from ports.errors import Conflict
from ports.storage import Ref, Shipping, Storage


async def erase_keys(storage: Storage, tenant: TenantId, listed: Ref) -> None:
    """Remove a tenant's records, and first the one that lists it; may be repeated after any failure."""
    await _unlist(storage, listed)
    await storage.erase(tenant)


async def held_of(storage: Storage, tenant: TenantId, listed: Ref) -> dict[str, int]:
    """Return how many records of each kind a tenant has, the one that lists it included."""
    holdings = await storage.holdings(tenant)
    return holdings if await storage.get(listed) is None else holdings | {listed.kind: 1}


async def _unlist(storage: Storage, ref: Ref) -> None:
    """Take a record away so that no tombstone names the tenant: what is never shipped leaves none."""
    while (record := await storage.get(ref)) is not None:
        with suppress(Conflict):
            if record.shipping is Shipping.NEVER:
                await storage.delete(ref, record.rev)
            else:
                await storage.put(replace(record, rev=record.rev + 1, shipping=Shipping.NEVER))
