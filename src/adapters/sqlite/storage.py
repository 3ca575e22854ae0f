"""The storage port over a reader and a writer."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from adapters.sqlite import counting, everything, queries, statements
from adapters.sqlite.connections import durability
from adapters.sqlite.errors import mapped
from adapters.sqlite.reader import Reader
from adapters.sqlite.writer import Writer
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

# A store that is written anew needs time by its size; slow disks write more than this in a second.
_WRITTEN_PER_SECOND: Final = 16 << 20


class SqliteStorage:
    """A `Storage` in one SQLite file. Made by `open_sqlite` for the event loop that it is used on."""

    capabilities: frozenset[Capability] = frozenset({Capability.ONE_ROUND_TRIP_BATCHES})

    def __init__(self, path: Path, reader: Reader, writer: Writer, deadline: float) -> None:
        self._path = path
        self._reader = reader
        self._writer = writer
        self._deadline = deadline

    @property
    def commits(self) -> int:
        """How many transactions this object has committed, each with one sync of the disk."""
        return self._writer.commits

    async def get(self, ref: Ref) -> Record | None:
        check_ref(ref)
        found = await self._reader.records(queries.one(ref))
        return found[0] if found else None

    async def put(self, record: Record) -> None:
        await self._writer.write(partial(statements.put, record=check_live(record)))

    async def put_many(self, records: Sequence[Record]) -> None:
        checked = [check_live(record) for record in records]
        await self._writer.write(partial(statements.put_many, records=checked))

    async def delete(self, ref: Ref, rev: int) -> None:
        check_ref(ref)
        check_rev(rev)
        await self._writer.write(partial(statements.delete, ref=ref, rev=rev))

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        for ref, rev in revisions:
            check_ref(ref)
            check_rev(rev)
        await self._writer.write(partial(statements.mark_shipped, revisions=tuple(revisions)))

    async def apply(self, rows: Sequence[Row]) -> None:
        check_rows(rows)
        await self._writer.write(partial(statements.apply, rows=rows))

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
        return await self._reader.records(queries.page((tenant, kind), prefix, after, limit, reverse=reverse))

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        check_beginning(after, limit, without)
        return await self._reader.run(partial(everything.page, limit=limit, after=after, without=without))

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        check_name("kind", kind)
        check_limit(limit)
        return await self._reader.records(queries.due(kind, truncated(before), limit))

    async def unshipped(self, limit: int) -> list[Record]:
        check_limit(limit)
        return await self._reader.some(queries.unshipped(limit))

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        check_name("tenant", tenant)
        check_limit(limit)
        return await self._reader.some(queries.sealed_below(tenant, generation, limit))

    async def holdings(self, tenant: str) -> dict[str, int]:
        check_name("tenant", tenant)
        counts = Counter[str]()
        after: counting.Place | None = counting.FIRST
        while after is not None:
            counted, after = await self._reader.run(partial(counting.stride, tenant=tenant, after=after))
            counts += counted
        return dict(counts)

    async def erase(self, *tenants: str) -> int:
        """See the port. Writes the whole file anew, for which other writes wait: seconds for each gigabyte."""
        count = 0
        for tenant in checked_names("tenant", tenants):
            while erased := await self._writer.write(partial(statements.erase_some, tenant=tenant)):
                count += erased
        with mapped():
            size = await asyncio.to_thread(self._path.stat)
        patience = self._deadline + size.st_size / _WRITTEN_PER_SECOND
        await self._writer.alone(statements.vacuum, patience)
        await self._writer.alone(statements.truncate_log, patience)
        return count

    async def check(self) -> None:
        await self._reader.records(queries.unshipped(1))

    async def durability(self) -> dict[str, dict[str, str | int]]:
        """Return, for each connection by name, the settings that durability and erasure rest on, as SQLite has them."""
        return {
            "writer": await self._writer.write(durability),
            "quick reader": self._reader.on_loop(durability),
            "patient reader": await self._reader.run(durability),
        }

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()
