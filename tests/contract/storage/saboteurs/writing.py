"""Stores that get, put or put many in a wrong way."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from ports.errors import Conflict, NotFound
from ports.storage import Record, Ref
from ports.storage_checks import check_live
from tests.fakes.storage import MemoryStorage


class StripsBodies(MemoryStorage):
    """Takes a body for text that ends at its zeros."""

    async def get(self, ref: Ref) -> Record | None:
        record = await super().get(ref)
        return record and replace(record, body=(record.body or b"").rstrip(b"\0"))


class MissesLoudly(MemoryStorage):
    """Has no file before the first write, and says so to whoever reads."""

    async def get(self, ref: Ref) -> Record | None:
        record = await super().get(ref)
        if self.round_trips == 1:
            raise NotFound
        return record


class ForgetsStubs(MemoryStorage):
    """Takes an empty body for a missing record."""

    async def get(self, ref: Ref) -> Record | None:
        record = await super().get(ref)
        return record if record and record.body else None


class RoundsTimes(MemoryStorage):
    """Rounds to the nearest millisecond instead of cutting off."""

    async def put(self, record: Record) -> None:
        await super().put(replace(record, updated=record.updated + timedelta(microseconds=500)))


class KeepsZones(MemoryStorage):
    """Gives a time back in the zone in which it came."""

    async def put(self, record: Record) -> None:
        await super().put(record)
        stored = self.records[record.ref]
        self.records[record.ref] = replace(stored, updated=stored.updated.astimezone(record.updated.tzinfo))


class JoinsReferences(MemoryStorage):
    """Stores under one string, made of the three parts."""

    def _swap(self, record: Record) -> None:
        joined = "/".join(record.ref)
        if any("/".join(ref) == joined and ref != record.ref for ref in self.records):
            raise Conflict(record.ref)
        super()._swap(record)


class CreatesOverRecords(MemoryStorage):
    """Lets a first revision replace a first revision."""

    async def put(self, record: Record) -> None:
        stored = self.records.get(record.ref)
        if stored is not None and stored.body and stored.rev == record.rev == 1:
            del self.records[record.ref]
        await super().put(record)


class CreatesOverStubs(MemoryStorage):
    """Takes a stub's place for a free one."""

    async def put(self, record: Record) -> None:
        stored = self.records.get(record.ref)
        if stored is not None and stored.body == b"":
            del self.records[record.ref]
        await super().put(record)


class LeavesRevisionsOut(MemoryStorage):
    """Asks only that a revision is higher."""

    def _swap(self, record: Record) -> None:
        stored = self.records.get(record.ref)
        if stored is not None and stored.body is not None and record.rev > stored.rev:
            self.records[record.ref] = record
        else:
            super()._swap(record)


class TakesRevisionsTwice(MemoryStorage):
    """Takes the same revision again for a repeated request and nods."""

    def _swap(self, record: Record) -> None:
        if record.rev == 1 or self.records.get(record.ref) != record:
            super()._swap(record)


class BeginsAnywhere(MemoryStorage):
    """Stores a later revision where nothing is."""

    def _swap(self, record: Record) -> None:
        if record.ref in self.records:
            super()._swap(record)
        else:
            self.records[record.ref] = record


class LooksBeforeItLeaps(MemoryStorage):
    """Compares first and swaps later, while others do the same, when a record is replaced for the first time."""

    async def put(self, record: Record) -> None:
        if record.rev == 2:
            record = check_live(record)
            before = dict(self.records)
            self._swap(record)
            self.records = before
            await asyncio.sleep(0)
            self.records[record.ref] = record
        else:
            await super().put(record)


class LosesWritesInACrowd(MemoryStorage):
    """Says yes to everybody when too many come at once."""

    under_way = 0

    async def put(self, record: Record) -> None:
        self.under_way += 1
        try:
            if self.under_way <= 50:
                await super().put(record)
        finally:
            self.under_way -= 1


class DeletesEverybodys(MemoryStorage):
    """Looks at kind and key alone when it deletes."""

    async def delete(self, ref: Ref, rev: int) -> None:
        await super().delete(ref, rev)
        for other in [each for each in self.records if each[1:] == ref[1:] and each != ref]:
            await super().delete(other, self.records[other].rev)


class HidesTheReference(MemoryStorage):
    """Says that there was a conflict in a batch, but not where."""

    async def put_many(self, records: Sequence[Record]) -> None:
        try:
            await super().put_many(records)
        except Conflict as error:
            raise Conflict(records[0].ref) from error


class BatchesByReference(MemoryStorage):
    """Holds a batch as a mapping, in which one record of each reference has room."""

    async def put_many(self, records: Sequence[Record]) -> None:
        first: dict[Ref, Record] = {}
        for record in records:
            first.setdefault(record.ref, record)
        await super().put_many(list(first.values()))


class BatchesAllOrNothing(MemoryStorage):
    """Takes a batch for a transaction."""

    async def put_many(self, records: Sequence[Record]) -> None:
        before = dict(self.records)
        try:
            await super().put_many(records)
        except Conflict:
            self.records = before
            raise


class GoesOnAfterConflicts(MemoryStorage):
    """Tries every record of a batch and tells of a conflict at the end."""

    async def put_many(self, records: Sequence[Record]) -> None:
        try:
            await super().put_many(records)
        except Conflict as error:
            later = [record for record in records if record.ref not in self.records]
            await super().put_many(later)
            raise Conflict(error.about) from error


class NeedsSomethingToDo(MemoryStorage):
    """Fails at an empty batch."""

    async def put_many(self, records: Sequence[Record]) -> None:
        await super().put_many([records[0], *records[1:]])


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "what_is_put_is_got": StripsBodies,
    "nothing_is_got_where_nothing_is": MissesLoudly,
    "a_stub_is_something": ForgetsStubs,
    "times_are_cut_to_milliseconds": RoundsTimes,
    "times_are_utc": KeepsZones,
    "a_reference_is_three_parts": JoinsReferences,
    "a_first_revision_needs_a_free_place": CreatesOverRecords,
    "a_stub_takes_its_place": CreatesOverStubs,
    "a_revision_follows_the_one_before": LeavesRevisionsOut,
    "a_revision_is_taken_once": TakesRevisionsTwice,
    "a_later_revision_needs_an_earlier": BeginsAnywhere,
    "of_many_writers_one_wins": LooksBeforeItLeaps,
    "of_a_hundred_increments_none_is_lost": LosesWritesInACrowd,
    "tenants_share_no_record": DeletesEverybodys,
    "a_conflict_names_its_reference": HidesTheReference,
    "a_batch_is_stored_in_order": BatchesByReference,
    "a_batch_keeps_what_precedes_a_conflict": BatchesAllOrNothing,
    "a_batch_ends_at_a_conflict": GoesOnAfterConflicts,
    "an_empty_batch_is_nothing": NeedsSomethingToDo,
}
