"""Stores that erase too little, too much or count wrongly."""

from ports.storage_checks import check_name
from tests.fakes.storage import MemoryStorage


class ErasesOneKind(MemoryStorage):
    """Erases the kind of the tenant's first record."""

    async def erase(self, tenant: str) -> int:
        before = dict(self.records)
        count = await super().erase(tenant)
        kinds = [ref.kind for ref in before if ref.tenant == tenant]
        self.records.update({r: before[r] for r in before if r.tenant == tenant and r.kind != kinds[0]})
        return count


class ErasesRecordsOnly(MemoryStorage):
    """Leaves the tombstones where they are."""

    async def erase(self, tenant: str) -> int:
        tombstones = {ref: record for ref, record in self.records.items() if record.body is None}
        count = await super().erase(tenant)
        self.records.update(tombstones)
        return count


class CountsRecordsOnly(MemoryStorage):
    """Erases tombstones without counting them."""

    async def erase(self, tenant: str) -> int:
        tombstones = [ref for ref, record in self.records.items() if record.body is None and ref.tenant == tenant]
        return await super().erase(tenant) - len(tombstones)


class ErasesByPrefix(MemoryStorage):
    """Erases every tenant whose name begins so."""

    async def erase(self, tenant: str) -> int:
        check_name("tenant", tenant)
        alike = {ref.tenant for ref in self.records if ref.tenant.startswith(tenant)}
        return sum([await MemoryStorage.erase(self, name) for name in alike])


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "everything_of_a_tenant_is_erased": ErasesOneKind,
    "erased_tombstones_free_their_places": ErasesRecordsOnly,
    "erasing_counts": CountsRecordsOnly,
    "others_stay": ErasesByPrefix,
}
