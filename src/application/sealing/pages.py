"""Reading all records of one kind, however many they are."""

from collections.abc import AsyncIterator
from typing import Final

from ports.storage import SCAN_LIMIT, Record, Storage

PAGE: Final = SCAN_LIMIT
"""How many records are read at once."""


async def pages(storage: Storage, tenant: str, kind: str, size: int = PAGE) -> AsyncIterator[list[Record]]:
    """Yield the records of one kind page by page, in key order; the last page may be empty."""
    after = None
    while True:
        page = await storage.scan(tenant, kind, after=after, limit=size)
        yield page
        if len(page) < size:
            return
        after = page[-1].ref.key
