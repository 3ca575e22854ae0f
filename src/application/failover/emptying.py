"""Emptying a site that another has taken over from, so that it can follow."""

from collections import Counter
from collections.abc import Mapping

from ports.storage import SCAN_LIMIT, Record, Shipping, Storage


async def unshipped_in(storage: Storage) -> Mapping[tuple[str, str], int]:
    """Count what no backup holds, by tenant and kind; of very many only the first thousand. Raises what it raises."""
    waiting = await storage.unshipped(SCAN_LIMIT)
    return Counter((each.ref.tenant, each.ref.kind) for each in waiting if each.shipping is Shipping.PENDING)


async def empty(storage: Storage) -> int:
    """Remove every record and tombstone without trace, and return how many there were; may be repeated."""
    removed = 0
    while page := await _some(storage):
        for tenant in sorted({record.ref.tenant for record in page}):
            removed += await storage.erase(tenant)
    return removed


async def _some(storage: Storage) -> list[Record]:
    """Return records, and when there are no more, tombstones."""
    return await storage.everything(SCAN_LIMIT) or await storage.unshipped(SCAN_LIMIT)
