"""Stores that count one page, records only, or somebody else's."""

from tests.fakes.storage import MemoryStorage

_PAGE = 1_000


class CountsOnePage(MemoryStorage):
    """Counts the first page and takes it for all."""

    async def holdings(self, tenant: str) -> dict[str, int]:
        return {kind: min(count, _PAGE) for kind, count in (await super().holdings(tenant)).items()}


class OverlooksTombstones(MemoryStorage):
    """Counts what a scan would return."""

    async def holdings(self, tenant: str) -> dict[str, int]:
        buried = [ref for ref, record in self.records.items() if ref.tenant == tenant and record.body is None]
        counts = await super().holdings(tenant)
        for ref in buried:
            counts[ref.kind] -= 1
        return {kind: count for kind, count in counts.items() if count}


class CountsByPrefix(MemoryStorage):
    """Counts every tenant whose name begins so."""

    async def holdings(self, tenant: str) -> dict[str, int]:
        counts = await super().holdings(tenant)
        for other in {ref.tenant for ref in self.records if ref.tenant.startswith(tenant)} - {tenant}:
            for kind, count in (await super().holdings(other)).items():
                counts[kind] = counts.get(kind, 0) + count
        return counts


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "holdings_are_counted_by_kind": CountsOnePage,
    "tombstones_are_holdings_too": OverlooksTombstones,
    "nobody_elses_holdings_are_counted": CountsByPrefix,
}
