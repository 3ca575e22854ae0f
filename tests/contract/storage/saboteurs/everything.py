"""Stores that lose sight of something when they are asked for everything."""

from itertools import takewhile

from ports.rows import rows_of
from ports.storage import Ref, Row
from tests.fakes.storage import MemoryStorage


class OrdersByKind(MemoryStorage):
    """Orders by kind before tenant, and finds its way from page to page all the same."""

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        page = await super().everything(limit, after=after, without=without)
        return page if after or len(page) == limit else sorted(page, key=lambda row: (row.kind, row.ref))


class BeginsAtTheNextKind(MemoryStorage):
    """Takes the end of a page for the end of its kind."""

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        page = await super().everything(limit, after=after, without=without)
        return [row for row in page if after is None or row.ref[:2] != after[:2]]


class CountsWhatIsGone(MemoryStorage):
    """Counts tombstones as if it showed them."""

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        await super().everything(limit, after=after, without=without)
        wanted = [ref for ref in self.records if ref.kind not in without]
        found = sorted(ref for ref in wanted if after is None or ref > after)[:limit]
        return rows_of(self.records[ref] for ref in found if self.records[ref].body is not None)


class StopsAtWhatNobodyWants(MemoryStorage):
    """Takes the first record of a kind that is left out for the end of its page."""

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        await super().everything(limit, after=after, without=without)
        page = await super().everything(limit, after=after)
        return list(takewhile(lambda row: row.kind not in without, page))


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "everything_comes_in_the_order_of_references": OrdersByKind,
    "everything_begins_beyond": BeginsAtTheNextKind,
    "everything_is_without_tombstones": CountsWhatIsGone,
    "everything_is_without_whole_kinds": StopsAtWhatNobodyWants,
}
