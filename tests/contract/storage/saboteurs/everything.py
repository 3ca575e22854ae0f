"""Stores that lose sight of something when they are asked for everything."""

from ports.storage import Record, Ref
from tests.fakes.storage import MemoryStorage


class OrdersByKind(MemoryStorage):
    """Orders by kind before tenant, and finds its way from page to page all the same."""

    async def everything(self, limit: int, *, after: Ref | None = None) -> list[Record]:
        page = await super().everything(limit, after=after)
        return page if after or len(page) == limit else sorted(page, key=lambda record: (record.ref.kind, record.ref))


class BeginsAtTheNextKind(MemoryStorage):
    """Takes the end of a page for the end of its kind."""

    async def everything(self, limit: int, *, after: Ref | None = None) -> list[Record]:
        page = await super().everything(limit, after=after)
        return [record for record in page if after is None or record.ref[:2] != after[:2]]


class CountsWhatIsGone(MemoryStorage):
    """Counts tombstones as if it showed them."""

    async def everything(self, limit: int, *, after: Ref | None = None) -> list[Record]:
        await super().everything(limit, after=after)
        found = sorted(ref for ref in self.records if after is None or ref > after)[:limit]
        return [self.records[ref] for ref in found if self.records[ref].body is not None]


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "everything_comes_in_the_order_of_references": OrdersByKind,
    "everything_begins_beyond": BeginsAtTheNextKind,
    "everything_is_without_tombstones": CountsWhatIsGone,
}
