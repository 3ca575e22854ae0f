"""Emptying a site that another has taken over from, so that it can follow."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from ports.storage import SCAN_LIMIT, Ref, Shipping, Storage

_BEYOND: Final = "~"
"""Follows every kind that there is: they are words."""


async def unshipped_in(storage: Storage) -> Mapping[tuple[str, str], int]:
    """Count what no backup holds, by tenant and kind; of very many only the first thousand. Raises what it raises."""
    waiting = await storage.unshipped(SCAN_LIMIT)
    return Counter((each.ref.tenant, each.ref.kind) for each in waiting if each.shipping is Shipping.PENDING)


async def empty(storage: Storage) -> int:
    """Remove every record and tombstone without trace, and return how many there were; may be repeated.

    It ends with erasing nobody, so that a repeat leaves no trace either of what an interrupted run has removed.
    """
    removed = 0
    while tenants := await _tenants(storage):
        removed += await storage.erase(*tenants)
    return removed + await storage.erase()


async def _tenants(storage: Storage) -> list[str]:
    """Return whoever has records, and whose tombstones wait; of very many of those only the first."""
    found = {record.ref.tenant for record in await storage.unshipped(SCAN_LIMIT)}
    page = await storage.everything(1)
    while page:
        found.add(page[0].tenant)
        page = await storage.everything(1, after=Ref(page[0].tenant, _BEYOND, _BEYOND))
    return sorted(found)
