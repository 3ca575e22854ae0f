"""Stores that confuse what the backups have with what they lack."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from ports.errors import NotFound
from ports.storage import LONG_PAGE, SCAN_LIMIT, Record, Ref, Shipping
from ports.storage_checks import check_limit
from tests.fakes.storage import MemoryStorage


class ShipsWhatNobodyMarked(MemoryStorage):
    """Keeps a list of its own of what was marked, and offers the rest, though it came as shipped."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[tuple[Ref, int]] = set()

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await super().mark_shipped(revisions)
        self.marked.update(revisions)

    async def unshipped(self, limit: int) -> list[Record]:
        found = await super().unshipped(limit)
        done = [record for record in self.records.values() if record.shipping is Shipping.DONE]
        return [*found, *(record for record in done if (record.ref, record.rev) not in self.marked)]


class ShipsNever(MemoryStorage):
    """Offers what is never shipped."""

    async def unshipped(self, limit: int) -> list[Record]:
        found = await super().unshipped(limit)
        return [*found, *(record for record in self.records.values() if record.shipping is Shipping.NEVER)]


class ShipsByReference(MemoryStorage):
    """Offers the unshipped in the order of their references."""

    async def unshipped(self, limit: int) -> list[Record]:
        return sorted(await super().unshipped(limit), key=lambda record: record.ref)


class ShipsByTimeAlone(MemoryStorage):
    """Has what is new wait behind whatever is older."""

    async def unshipped(self, limit: int) -> list[Record]:
        check_limit(limit)
        found = await super().unshipped(SCAN_LIMIT)
        return sorted(found, key=lambda record: (record.updated, record.ref))[:limit]


class MarksTheNewAlone(MemoryStorage):
    """Takes a re-sealed record for one that it need not mark."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        resealed = {ref for ref, record in self.records.items() if record.shipping is Shipping.RESEALED}
        await super().mark_shipped([(ref, rev) for ref, rev in revisions if ref not in resealed])


class TouchesWhatItMarks(MemoryStorage):
    """Takes marking for a change."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await super().mark_shipped(revisions)
        for ref, _ in revisions:
            if ref in self.records and self.records[ref].shipping is Shipping.DONE:
                record = self.records[ref]
                self.records[ref] = replace(record, updated=record.updated + timedelta(seconds=1))


class MarksNewerRevisions(MemoryStorage):
    """Marks the record, whichever revision of it was backed up."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await super().mark_shipped(revisions)
        for ref, rev in revisions:
            stored = self.records.get(ref)
            if stored is not None and stored.body is not None and stored.rev > rev:
                self.records[ref] = replace(stored, shipping=Shipping.DONE)


class RemembersShipping(MemoryStorage):
    """Takes a record that was shipped once for shipped for ever."""

    def _swap(self, record: Record) -> None:
        before = self.records.get(record.ref)
        super()._swap(record)
        if before is not None and before.shipping is Shipping.DONE:
            self.records[record.ref] = replace(record, shipping=Shipping.DONE)


class MarksNever(MemoryStorage):
    """Marks what is never shipped as shipped."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await super().mark_shipped(revisions)
        for ref, _ in revisions:
            if ref in self.records and self.records[ref].shipping is Shipping.NEVER:
                self.records[ref] = replace(self.records[ref], shipping=Shipping.DONE)


class KeepsShippedTombstones(MemoryStorage):
    """Marks a tombstone and keeps it."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        before = dict(self.records)
        await super().mark_shipped(revisions)
        for ref, _ in revisions:
            if ref in before and ref not in self.records:
                self.records[ref] = replace(before[ref], shipping=Shipping.DONE)


class DropsUnshippedTombstones(MemoryStorage):
    """Lets go of a tombstone when the record before it is marked."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await super().mark_shipped(revisions)
        for ref, rev in revisions:
            stored = self.records.get(ref)
            if stored is not None and stored.body is None and stored.rev == rev + 1:
                del self.records[ref]


class MissesMarksLoudly(MemoryStorage):
    """Raises when there is nothing to mark."""

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        missing = [ref for ref, _ in revisions if ref not in self.records]
        await super().mark_shipped(revisions)
        if missing:
            raise NotFound


class ShipsAllAtOnce(MemoryStorage):
    """Returns as many records as were asked for, whatever their size."""

    async def unshipped(self, limit: int) -> list[Record]:
        found = await super().unshipped(limit)
        if sum(len(record.body or b"") for record in found) < LONG_PAGE // 2:
            return found
        waiting = (record for record in self.records.values() if record.shipping is Shipping.PENDING)
        return sorted(waiting, key=lambda record: (record.updated, record.ref))[:limit]


class EndsPagesEarly(MemoryStorage):
    """Ends a page long before it is large."""

    async def unshipped(self, limit: int) -> list[Record]:
        found = await super().unshipped(limit)
        return found[:200]


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "a_pending_record_is_unshipped": ShipsWhatNobodyMarked,
    "what_is_never_shipped_does_not_wait": ShipsNever,
    "the_longest_waiting_is_first": ShipsByReference,
    "what_is_resealed_waits_behind_what_is_new": ShipsByTimeAlone,
    "what_is_resealed_is_marked_as_well": MarksTheNewAlone,
    "a_marked_record_is_shipped": TouchesWhatItMarks,
    "a_newer_revision_stays_pending": MarksNewerRevisions,
    "a_new_revision_is_pending_again": RemembersShipping,
    "marking_leaves_never_alone": MarksNever,
    "a_shipped_tombstone_is_gone": KeepsShippedTombstones,
    "a_tombstone_is_shipped_by_its_own_revision": DropsUnshippedTombstones,
    "marking_what_is_gone_is_nothing": MissesMarksLoudly,
    "what_waits_comes_in_pages_that_fit_into_memory": ShipsAllAtOnce,
    "a_short_page_of_small_bodies_is_the_last": EndsPagesEarly,
}
