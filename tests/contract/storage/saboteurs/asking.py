"""Stores that answer timers and sweeps in a wrong way."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from ports.storage import LONG_PAGE, SCAN_LIMIT, Record, Ref
from ports.storage_checks import truncated
from tests.fakes.storage import MemoryStorage


class IsDueAfterwards(MemoryStorage):
    """Lets a moment pass before the record is due."""

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        return await super().due(kind, truncated(before) - timedelta(milliseconds=1), limit)


class IsDueByReference(MemoryStorage):
    """Gives what is due in the order of the references."""

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        return sorted(await super().due(kind, before, limit), key=lambda record: record.ref)


class IsDueForEveryKind(MemoryStorage):
    """Gives a timer what is another timer's."""

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        found = await super().due(kind, before, limit)
        for other in {record.ref.kind for record in self.records.values()} - {kind}:
            found += await super().due(other, before, limit)
        return found


class RemembersMoments(MemoryStorage):
    """Keeps the moment of the revision before where the next one has none."""

    def _swap(self, record: Record) -> None:
        before = self.records.get(record.ref)
        super()._swap(record)
        if before is not None and before.due is not None and record.due is None:
            self.records[record.ref] = replace(record, due=before.due)


class IsDueForTombstones(MemoryStorage):
    """Gives timers the tombstones that came with a moment."""

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        found = await super().due(kind, before, limit)
        return [*found, *(record for record in self.records.values() if record.body is None and record.due)]


class FindsTheUnsealed(MemoryStorage):
    """Counts generation 0 among the old ones."""

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        found = await super().sealed_below(tenant, generation, limit)
        return [*found, *(record for record in self.records.values() if record.body and not record.generation)]


class SweepsOneKind(MemoryStorage):
    """Finds the old records of the first kind it meets."""

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        found = await super().sealed_below(tenant, generation, limit)
        return [record for record in found if record.ref.kind == found[0].ref.kind]


class RemembersGenerations(MemoryStorage):
    """Looks for old generations in an index that is never brought up to date."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[Ref, int] = {}

    def _swap(self, record: Record) -> None:
        super()._swap(record)
        self.first.setdefault(record.ref, record.generation)

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        found = await super().sealed_below(tenant, generation, limit)
        stale = [r for r in self.records.values() if r.body and 0 < self.first[r.ref] < min(r.generation, generation)]
        return [*found, *stale]


class SweepsTombstones(MemoryStorage):
    """Finds tombstones that came with a generation."""

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        found = await super().sealed_below(tenant, generation, limit)
        return [*found, *(record for record in self.records.values() if record.body is None and record.generation)]


class SweepsWithoutEnd(MemoryStorage):
    """Returns more than was asked for."""

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        await super().sealed_below(tenant, generation, limit)
        return await super().sealed_below(tenant, generation, SCAN_LIMIT)


class SweepsAllAtOnce(MemoryStorage):
    """Returns whatever is asked for, however large."""

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        found = await super().sealed_below(tenant, generation, limit)
        if sum(len(record.body or b"") for record in found) < LONG_PAGE // 2:
            return found
        return [record for record in self.records.values() if 0 < record.generation < generation][:limit]


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "a_record_is_due_at_its_moment": IsDueAfterwards,
    "the_soonest_is_first": IsDueByReference,
    "one_kind_is_due": IsDueForEveryKind,
    "what_has_no_moment_is_not_due": RemembersMoments,
    "what_is_deleted_is_not_due": IsDueForTombstones,
    "older_generations_are_found": FindsTheUnsealed,
    "all_kinds_of_one_tenant_are_found": SweepsOneKind,
    "a_resealed_record_is_not_found": RemembersGenerations,
    "a_tombstone_is_not_sealed": SweepsTombstones,
    "a_sweep_is_as_long_as_its_limit": SweepsWithoutEnd,
    "what_is_swept_comes_in_pages_that_fit_into_memory": SweepsAllAtOnce,
}
