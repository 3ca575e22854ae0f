"""The storage port over one collection."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo import queries, reader, writer
from adapters.mongo.documents import Document, document_id, kind_of
from adapters.mongo.errors import within
from ports.rows import record_of, rows_of
from ports.storage import SCAN_LIMIT, Capability, Record, Ref, Row
from ports.storage_checks import (
    check_beginning,
    check_limit,
    check_live,
    check_name,
    check_range,
    check_ref,
    check_rev,
    check_rows,
    checked_names,
    truncated,
)

# A place that nothing can have: every part of a reference has at least one character.
_NOWHERE: Final = "  "


class MongoStorage:
    """A `Storage` in one MongoDB collection. Made by `open_mongo` for the event loop that it is used on.

    Each call ends within the deadline; `erase` and `holdings` give it to each of their round trips instead.
    """

    capabilities: frozenset[Capability] = frozenset(
        {Capability.ONE_ROUND_TRIP_BATCHES, Capability.SHARED_BETWEEN_MACHINES}
    )

    def __init__(self, client: AsyncMongoClient[Document], records: AsyncCollection[Document], deadline: float) -> None:
        self._client = client
        self._records = records
        self._deadline = deadline

    async def get(self, ref: Ref) -> Record | None:
        check_ref(ref)
        async with within(self._deadline):
            return await reader.one(self._records, document_id(ref))

    async def put(self, record: Record) -> None:
        record = check_live(record)
        async with within(self._deadline):
            await writer.put(self._records, record)

    async def put_many(self, records: Sequence[Record]) -> None:
        checked = [check_live(record) for record in records]
        async with within(self._deadline):
            await writer.put_many(self._records, checked)

    async def delete(self, ref: Ref, rev: int) -> None:
        check_ref(ref)
        check_rev(rev)
        async with within(self._deadline):
            await writer.delete(self._records, ref, rev)

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        for ref, rev in revisions:
            check_ref(ref)
            check_rev(rev)
        async with within(self._deadline):
            await writer.mark_shipped(self._records, revisions)

    async def apply(self, rows: Sequence[Row]) -> None:
        check_rows(rows)
        async with within(self._deadline):
            await writer.apply(self._records, [record_of(row) for row in rows])

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
        check_range(tenant, kind, prefix, after, limit)
        async with within(self._deadline):
            return await reader.page(self._records, (tenant, kind), prefix, after, limit, reverse=reverse)

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        check_beginning(after, limit, without)
        async with within(self._deadline):
            return rows_of(await reader.everything(self._records, after, limit, without))

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        check_name("kind", kind)
        check_limit(limit)
        return await self._some(queries.due(kind, truncated(before), limit))

    async def unshipped(self, limit: int) -> list[Record]:
        check_limit(limit)
        async with within(self._deadline):
            return await reader.waiting(self._records, limit)

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        check_name("tenant", tenant)
        check_limit(limit)
        return await self._some(queries.sealed_below(tenant, generation, limit))

    async def holdings(self, tenant: str) -> dict[str, int]:
        check_name("tenant", tenant)
        counts, places = Counter[str](), [""]
        while places:
            async with within(self._deadline):
                places = await reader.ids(self._records, queries.of_tenant(tenant, SCAN_LIMIT, places[-1]))
            counts.update(map(kind_of, places))
        return dict(counts)

    async def erase(self, *tenants: str) -> int:
        return sum([await self._erase(tenant) for tenant in checked_names("tenant", tenants)])

    async def _erase(self, tenant: str) -> int:
        count = 0
        while True:
            async with within(self._deadline):
                places = await reader.ids(self._records, queries.of_tenant(tenant, SCAN_LIMIT))
            if not places:
                return count
            async with within(self._deadline):
                count += await writer.erase_some(self._records, places)

    async def check(self) -> None:
        async with within(self._deadline):
            await reader.one(self._records, _NOWHERE)

    async def close(self) -> None:
        await self._client.close()

    async def _some(self, query: queries.Query) -> list[Record]:
        async with within(self._deadline):
            return await reader.some(self._records, query)
