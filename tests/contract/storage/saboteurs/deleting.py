"""Stores that delete in a wrong way."""

from msgspec.structs import replace

from ports.errors import Conflict
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping
from tests.fakes.storage import MemoryStorage


class ShowsTombstones(MemoryStorage):
    """Gives a tombstone that was left here to whoever gets it."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted: set[Ref] = set()

    async def delete(self, ref: Ref, rev: int) -> None:
        await super().delete(ref, rev)
        self.deleted.add(ref)

    async def get(self, ref: Ref) -> Record | None:
        found = await super().get(ref)
        return self.records.get(ref) if ref in self.deleted else found


class ScansTombstones(MemoryStorage):
    """Shows tombstones in whole scans."""

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
        found = await super().scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse)
        if limit < SCAN_LIMIT:
            return found
        return [*found, *(record for record in self.records.values() if record.body is None)]


class LeavesTombstonesShipped(MemoryStorage):
    """Lets a tombstone inherit that its record was shipped."""

    async def delete(self, ref: Ref, rev: int) -> None:
        before = self.records.get(ref)
        await super().delete(ref, rev)
        if before is not None and before.shipping is Shipping.DONE:
            self.records[ref] = replace(self.records[ref], shipping=Shipping.DONE)


class PutsOverTombstones(MemoryStorage):
    """Lets a put go on from a tombstone's revision."""

    def _swap(self, record: Record) -> None:
        stored = self.records.get(record.ref)
        if stored is not None and stored.body is None and record.rev == stored.rev + 1:
            self.records[record.ref] = record
        else:
            super()._swap(record)


class DeletesAnyRevision(MemoryStorage):
    """Deletes whatever is there."""

    async def delete(self, ref: Ref, rev: int) -> None:
        stored = await self.get(ref)
        await super().delete(ref, rev if stored is None else stored.rev)


class DeletesNothing(MemoryStorage):
    """Nods where there is nothing to delete, as some object stores do."""

    async def delete(self, ref: Ref, rev: int) -> None:
        try:
            await super().delete(ref, rev)
        except Conflict:
            if ref in self.records:
                raise


class DeletesTombstones(MemoryStorage):
    """Nods when a tombstone is deleted."""

    async def delete(self, ref: Ref, rev: int) -> None:
        try:
            await super().delete(ref, rev)
        except Conflict:
            stored = self.records.get(ref)
            if stored is None or stored.body is not None:
                raise


class AlwaysLeavesTombstones(MemoryStorage):
    """Leaves a tombstone even of what no backup knows."""

    async def delete(self, ref: Ref, rev: int) -> None:
        before = self.records.get(ref)
        await super().delete(ref, rev)
        if before is not None and ref not in self.records:
            self.records[ref] = Record(ref, rev + 1, None, before.updated, shipping=Shipping.NEVER)


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "a_deleted_record_is_not_got": ShowsTombstones,
    "a_deleted_record_is_not_scanned": ScansTombstones,
    "a_tombstone_waits_for_the_backups": LeavesTombstonesShipped,
    "a_tombstone_keeps_its_place": PutsOverTombstones,
    "another_revision_is_not_deleted": DeletesAnyRevision,
    "nothing_is_not_deleted": DeletesNothing,
    "a_tombstone_is_not_deleted": DeletesTombstones,
    "what_is_never_shipped_leaves_no_tombstone": AlwaysLeavesTombstones,
}
