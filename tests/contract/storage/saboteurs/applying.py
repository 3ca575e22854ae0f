"""Stores that restore in a wrong way."""

from collections.abc import Sequence

from msgspec.structs import replace

from ports.storage import Record, Shipping
from tests.fakes.storage import MemoryStorage


class ShipsWhatItApplies(MemoryStorage):
    """Has what was restored as shipped be shipped again."""

    async def apply(self, records: Sequence[Record]) -> None:
        await super().apply([replace(record, shipping=Shipping.PENDING) for record in records])


class AppliesToKnownPlaces(MemoryStorage):
    """Restores over what is there only."""

    async def apply(self, records: Sequence[Record]) -> None:
        before = set(self.records)
        await super().apply(records)
        self.records = {ref: record for ref, record in self.records.items() if ref in before}


class AppliesEqualRevisions(MemoryStorage):
    """Takes an equal revision for a newer one."""

    async def apply(self, records: Sequence[Record]) -> None:
        await super().apply(records)
        for record in records:
            if self._rev(record.ref) == record.rev:
                self.records[record.ref] = record


class AppliesTheFirstOfABatch(MemoryStorage):
    """Compares a batch with what was there before it."""

    async def apply(self, records: Sequence[Record]) -> None:
        first = {record.ref: record for record in reversed(records)}
        await super().apply([record for record in records if first[record.ref] is record])


class AppliesTombstonesAsDeletes(MemoryStorage):
    """Removes the record instead of storing its tombstone."""

    async def apply(self, records: Sequence[Record]) -> None:
        before = set(self.records)
        await super().apply(records)
        for record in records:
            if record.body is None and record.ref in before:
                self.records.pop(record.ref, None)


class AppliesNothingOverTombstones(MemoryStorage):
    """Takes a deletion for the last word."""

    async def apply(self, records: Sequence[Record]) -> None:
        buried = {ref for ref, record in self.records.items() if record.body is None}
        await super().apply([record for record in records if record.ref not in buried])


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "a_higher_revision_is_applied_as_given": ShipsWhatItApplies,
    "apply_fills_free_places": AppliesToKnownPlaces,
    "a_lower_revision_is_not_applied": AppliesEqualRevisions,
    "the_highest_of_a_batch_stays": AppliesTheFirstOfABatch,
    "a_tombstone_is_applied": AppliesTombstonesAsDeletes,
    "a_record_is_applied_over_a_tombstone": AppliesNothingOverTombstones,
}
