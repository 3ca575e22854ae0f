"""Stores that erase too little, too much or count wrongly."""

from ports.storage_checks import checked_names
from tests.fakes.storage import MemoryStorage


class ErasesOneKind(MemoryStorage):
    """Erases the kind of the tenant's first record."""

    async def erase(self, *tenants: str) -> int:
        before = dict(self.records)
        count = await super().erase(*tenants)
        kinds = [ref.kind for ref in before if ref.tenant in tenants]
        self.records.update({r: before[r] for r in before if r.tenant in tenants and r.kind != kinds[0]})
        return count


class ErasesRecordsOnly(MemoryStorage):
    """Leaves the tombstones where they are."""

    async def erase(self, *tenants: str) -> int:
        tombstones = {ref: record for ref, record in self.records.items() if record.body is None}
        count = await super().erase(*tenants)
        self.records.update(tombstones)
        return count


class CountsRecordsOnly(MemoryStorage):
    """Erases tombstones without counting them."""

    async def erase(self, *tenants: str) -> int:
        tombstones = [ref for ref, record in self.records.items() if record.body is None and ref.tenant in tenants]
        return await super().erase(*tenants) - len(tombstones)


class ErasesByPrefix(MemoryStorage):
    """Erases every tenant whose name begins so."""

    async def erase(self, *tenants: str) -> int:
        names = checked_names("tenant", tenants)
        return await super().erase(*(ref.tenant for ref in self.records if ref.tenant.startswith(names)))


class ErasesTheFirst(MemoryStorage):
    """Of several tenants erases one."""

    async def erase(self, *tenants: str) -> int:
        return await super().erase(*checked_names("tenant", tenants)[:1])


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "everything_of_a_tenant_is_erased": ErasesOneKind,
    "erased_tombstones_free_their_places": ErasesRecordsOnly,
    "erasing_counts": CountsRecordsOnly,
    "others_stay": ErasesByPrefix,
    "several_tenants_are_erased_at_once": ErasesTheFirst,
}
