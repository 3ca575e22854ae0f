"""A storage behind the fence: what is not this site's to write is not written, and never acknowledged."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from application.failover.fence import AnyFence
from ports.storage import SCAN_LIMIT, Capability, Record, Ref, Row, Storage


class FencedStorage:
    """A `Storage` whose writes raise ReadOnly while the fence is closed; reads go on.

    The fence is asked before each write and again before its success is told. Where it closes in between, the write may
    be stored: ReadOnly then says that it was not acknowledged, and unlike after Unavailable nobody looks for it and
    takes it for a success.
    """

    def __init__(self, storage: Storage, fence: AnyFence) -> None:
        self._storage = storage
        self._fence = fence
        self.capabilities: frozenset[Capability] = storage.capabilities

    async def get(self, ref: Ref) -> Record | None:
        """Read."""
        return await self._storage.get(ref)

    async def put(self, record: Record) -> None:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            await self._storage.put(record)

    async def put_many(self, records: Sequence[Record]) -> None:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            await self._storage.put_many(records)

    async def delete(self, ref: Ref, rev: int) -> None:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            await self._storage.delete(ref, rev)

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            await self._storage.mark_shipped(revisions)

    async def apply(self, rows: Sequence[Row]) -> None:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            await self._storage.apply(rows)

    async def scan(
        self,
        tenant: str,
        kind: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = SCAN_LIMIT,
        reverse: bool = False,
    ) -> list[Record]:
        """Read."""
        return await self._storage.scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse)

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        """Read."""
        return await self._storage.everything(limit, after=after, without=without)

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        """Read."""
        return await self._storage.due(kind, before, limit)

    async def unshipped(self, limit: int) -> list[Record]:
        """Read."""
        return await self._storage.unshipped(limit)

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        """Read."""
        return await self._storage.sealed_below(tenant, generation, limit)

    async def holdings(self, tenant: str) -> dict[str, int]:
        """Read."""
        return await self._storage.holdings(tenant)

    async def erase(self, *tenants: str) -> int:
        """Write, if the fence is open before and after."""
        async with self._behind_the_fence():
            return await self._storage.erase(*tenants)

    async def check(self) -> None:
        """Ask the storage itself."""
        await self._storage.check()

    async def close(self) -> None:
        """Close the storage itself."""
        await self._storage.close()

    @asynccontextmanager
    async def _behind_the_fence(self) -> AsyncIterator[None]:
        self._fence.require()
        yield
        self._fence.require()
