"""Stores that restore in a wrong way."""

from collections.abc import Sequence

from ports.rows import record_of
from ports.storage import Row, Shipping
from tests.fakes.storage import MemoryStorage


class ShipsWhatItApplies(MemoryStorage):
    """Has what was restored as shipped be shipped again."""

    async def apply(self, rows: Sequence[Row]) -> None:
        await super().apply([row._replace(shipping=int(Shipping.PENDING)) for row in rows])


class AppliesToKnownPlaces(MemoryStorage):
    """Restores over what is there only."""

    async def apply(self, rows: Sequence[Row]) -> None:
        before = set(self.records)
        await super().apply(rows)
        self.records = {ref: record for ref, record in self.records.items() if ref in before}


class AppliesEqualRevisions(MemoryStorage):
    """Takes an equal revision for a newer one."""

    async def apply(self, rows: Sequence[Row]) -> None:
        await super().apply(rows)
        for row in rows:
            if self._rev(row.ref) == row.rev:
                self.records[row.ref] = record_of(row)


class AppliesTheFirstOfABatch(MemoryStorage):
    """Compares a batch with what was there before it."""

    async def apply(self, rows: Sequence[Row]) -> None:
        first = {row.ref: row for row in reversed(rows)}
        await super().apply([row for row in rows if first[row.ref] is row])


class AppliesFullStatements(MemoryStorage):
    """Leaves out what does not fill the last of several statements."""

    async def apply(self, rows: Sequence[Row]) -> None:
        await super().apply(rows[: max(len(rows) // 500 * 500, min(len(rows), 500))])


class AppliesTombstonesAsDeletes(MemoryStorage):
    """Removes the record instead of storing its tombstone."""

    async def apply(self, rows: Sequence[Row]) -> None:
        before = set(self.records)
        await super().apply(rows)
        for row in rows:
            if row.body is None and row.ref in before:
                self.records.pop(row.ref, None)


class AppliesNothingOverTombstones(MemoryStorage):
    """Takes a deletion for the last word."""

    async def apply(self, rows: Sequence[Row]) -> None:
        buried = {ref for ref, record in self.records.items() if record.body is None}
        await super().apply([row for row in rows if row.ref not in buried])


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "a_higher_revision_is_applied_as_given": ShipsWhatItApplies,
    "apply_fills_free_places": AppliesToKnownPlaces,
    "a_lower_revision_is_not_applied": AppliesEqualRevisions,
    "the_highest_of_a_batch_stays": AppliesTheFirstOfABatch,
    "of_many_rows_each_is_applied": AppliesFullStatements,
    "a_tombstone_is_applied": AppliesTombstonesAsDeletes,
    "a_record_is_applied_over_a_tombstone": AppliesNothingOverTombstones,
}
