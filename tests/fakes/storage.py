"""The storage port in memory: what every adapter must do, in the fewest words."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import NoReturn

from msgspec.structs import replace

from ports.edges import port_error_of
from ports.errors import Conflict
from ports.rows import record_of, rows_of
from ports.storage import ABSENT, LONG_PAGE, SCAN_LIMIT, Capability, Record, Ref, Row, Shipping
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

_WAITING = (Shipping.PENDING, Shipping.RESEALED)


class MemoryStorage:
    """A `Storage` that lives as long as the object; closing it does nothing, so a test can open it again."""

    capabilities: frozenset[Capability] = frozenset({Capability.ONE_ROUND_TRIP_BATCHES})

    def __init__(self) -> None:
        self.broken: Iterator[Exception] | None = None
        """What a driver would raise, call by call."""

        self.round_trips = 0
        """How many calls have reached the engine, a batch being one."""

        self.records: dict[Ref, Record] = {}
        """All that is stored, tombstones included, for tests to look at."""

    async def get(self, ref: Ref) -> Record | None:
        check_ref(ref)
        await self._travel()
        record = self.records.get(ref)
        return None if record is None or record.body is None else record

    async def put(self, record: Record) -> None:
        record = check_live(record)
        await self._travel()
        self._swap(record)

    async def put_many(self, records: Sequence[Record]) -> None:
        records = [check_live(record) for record in records]
        await self._travel()
        for record in records:
            self._swap(record)

    async def delete(self, ref: Ref, rev: int) -> None:
        check_ref(ref)
        check_rev(rev)
        await self._travel()
        stored = self.records.get(ref)
        if stored is None or stored.body is None or stored.rev != rev:
            raise Conflict(ref)
        if stored.shipping is Shipping.NEVER:
            del self.records[ref]
        else:
            self.records[ref] = Record(ref, rev + 1, None, stored.updated)

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        for ref, rev in revisions:
            check_ref(ref)
            check_rev(rev)
        await self._travel()
        for ref, rev in revisions:
            stored = self.records.get(ref)
            if stored is None or stored.rev != rev:
                continue
            if stored.body is None:
                del self.records[ref]
            elif stored.shipping in _WAITING:
                self.records[ref] = replace(stored, shipping=Shipping.DONE)

    async def apply(self, rows: Sequence[Row]) -> None:
        check_rows(rows)
        await self._travel()
        for record in map(record_of, rows):
            if record.rev > self._rev(record.ref):
                self.records[record.ref] = record

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
        await self._travel()

        def within(ref: Ref) -> bool:
            beyond = after is None or (ref.key < after if reverse else ref.key > after)
            return ref.tenant == tenant and ref.kind == kind and ref.key.startswith(prefix) and beyond

        found = sorted((ref for ref in self.records if within(ref)), reverse=reverse)
        return _live(self.records[ref] for ref in found)[:limit]

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        check_beginning(after, limit, without)
        await self._travel()
        found = sorted(ref for ref in self.records if (after is None or ref > after) and ref.kind not in without)
        return rows_of(_live(self.records[ref] for ref in found)[:limit])

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        check_name("kind", kind)
        check_limit(limit)
        moment = truncated(before)
        await self._travel()
        found = [record for record in _live(self.records.values()) if record.ref.kind == kind]
        return _earliest([record for record in found if record.due is not None and record.due <= moment], _due, limit)

    async def unshipped(self, limit: int) -> list[Record]:
        check_limit(limit)
        await self._travel()
        waiting: list[Record] = []
        for shipping in _WAITING:
            found = [record for record in self.records.values() if record.shipping is shipping]
            waiting += _earliest(found, _updated, limit)
        return _filled(waiting[:limit])

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        check_name("tenant", tenant)
        check_limit(limit)
        await self._travel()
        found = [record for record in _live(self.records.values()) if record.ref.tenant == tenant]
        return _filled([record for record in found if 0 < record.generation < generation][:limit])

    async def holdings(self, tenant: str) -> dict[str, int]:
        check_name("tenant", tenant)
        await self._travel()
        return dict(Counter(ref.kind for ref in self.records if ref.tenant == tenant))

    async def erase(self, *tenants: str) -> int:
        names = checked_names("tenant", tenants)
        await self._travel()
        kept = {ref: record for ref, record in self.records.items() if ref.tenant not in names}
        count = len(self.records) - len(kept)
        self.records = kept
        return count

    async def check(self) -> None:
        await self._travel()

    async def close(self) -> None:
        """Do nothing: the records outlive it for the sake of tests that open a store again."""

    async def _travel(self) -> None:
        """Let others have their turn, as they do with an engine that takes a moment to answer."""
        self.round_trips += 1
        await asyncio.sleep(0)
        if self.broken is not None:
            self._break(next(self.broken))

    def _break(self, error: Exception) -> NoReturn:
        raise port_error_of(error) from error

    def _swap(self, record: Record) -> None:
        stored = self.records.get(record.ref)
        if self._rev(record.ref) != record.rev - 1 or (stored is not None and stored.body is None):
            raise Conflict(record.ref)
        self.records[record.ref] = record

    def _rev(self, ref: Ref) -> int:
        stored = self.records.get(ref)
        return ABSENT if stored is None else stored.rev


def _live(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.body is not None]


def _due(record: Record) -> datetime:
    return record.due or record.updated


def _updated(record: Record) -> datetime:
    return record.updated


def _earliest(records: list[Record], moment: Callable[[Record], datetime], limit: int) -> list[Record]:
    return sorted(records, key=lambda record: (moment(record), record.ref))[:limit]


def _filled(records: list[Record]) -> list[Record]:
    """Return the first of the records, as many as fit into a long page, but at least one."""
    sizes = accumulate(len(record.body or b"") for record in records)
    return [
        record
        for position, (record, size) in enumerate(zip(records, sizes, strict=True))
        if not position or size <= LONG_PAGE
    ]
