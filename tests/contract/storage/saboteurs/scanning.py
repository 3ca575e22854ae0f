"""Stores that scan in a wrong way. Each bends the question or the answer of a right scan."""

import re
from typing import NamedTuple

from msgspec.structs import replace

from ports.storage import SCAN_LIMIT, Record
from tests.fakes.storage import MemoryStorage


class Question(NamedTuple):
    """What a scan was asked."""

    tenant: str
    kind: str
    prefix: str
    after: str | None
    limit: int
    reverse: bool


class BendsScans(MemoryStorage):
    """What the saboteurs of scans have in common."""

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
        await super().scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse)
        return await self.bent(Question(tenant, kind, prefix, after, limit, reverse))

    async def bent(self, asked: Question) -> list[Record]:
        """Return the wrong answer."""
        raise NotImplementedError

    async def right(self, asked: Question) -> list[Record]:
        """Return the right answer."""
        return await super().scan(
            asked.tenant,
            asked.kind,
            prefix=asked.prefix,
            after=asked.after,
            limit=asked.limit,
            reverse=asked.reverse,
        )


class IgnoresCase(BendsScans):
    """Orders keys as a dictionary does."""

    async def bent(self, asked: Question) -> list[Record]:
        return sorted(await self.right(asked), key=lambda record: record.ref.key.lower(), reverse=asked.reverse)


class TurnsThePageRound(BendsScans):
    """Takes the first keys and turns them round."""

    async def bent(self, asked: Question) -> list[Record]:
        if not asked.reverse:
            return await self.right(asked)
        return (await self.right(asked._replace(limit=SCAN_LIMIT)))[-asked.limit :]


class ScansKindsAlike(BendsScans):
    """Shows a kind whose name begins alike."""

    async def bent(self, asked: Question) -> list[Record]:
        return [*await self.right(asked), *await self.right(asked._replace(kind=asked.kind + "0"))]


class TakesUnderlinesForAnything(BendsScans):
    """Hands the prefix on as a LIKE pattern."""

    async def bent(self, asked: Question) -> list[Record]:
        pattern = re.compile(re.escape(asked.prefix).replace("_", "."))
        found = await self.right(asked._replace(prefix=""))
        return [record for record in found if pattern.match(record.ref.key)]


class EndsAtTheHighestCharacter(BendsScans):
    """Ends a prefix's range with the highest character, and leaves out the keys that have it."""

    async def bent(self, asked: Question) -> list[Record]:
        found = await self.right(asked)
        return [record for record in found if not asked.prefix or record.ref.key < asked.prefix + "~"]


class BeginsAtTheKey(BendsScans):
    """Begins a reversed scan at the key that it was to begin beyond."""

    async def bent(self, asked: Question) -> list[Record]:
        found = await self.right(asked)
        if asked.reverse and asked.after and asked.after.startswith(asked.prefix):
            return [*await self.right(asked._replace(prefix=asked.after, after=None)), *found]
        return found


class IgnoresAfterOutsideThePrefix(BendsScans):
    """Takes a key without the prefix for no bound at all."""

    async def bent(self, asked: Question) -> list[Record]:
        inside = asked.after is not None and asked.after.startswith(asked.prefix)
        return await self.right(asked if inside else asked._replace(after=None))


class CountsTheKeyToBeginAfter(BendsScans):
    """Counts the key to begin after as one of the page."""

    async def bent(self, asked: Question) -> list[Record]:
        found = await self.right(asked)
        return found if asked.after is None else found[: asked.limit - 1]


class CountsTombstones(BendsScans):
    """Cuts the page before it hides the tombstones."""

    async def bent(self, asked: Question) -> list[Record]:
        hidden = [ref for ref, each in self.records.items() if each.body is None and ref.key > (asked.after or "")]
        return (await self.right(asked))[: max(0, asked.limit - len(hidden))]


class HidesStubs(BendsScans):
    """Takes an empty body for none."""

    async def bent(self, asked: Question) -> list[Record]:
        return [record for record in await self.right(asked) if record.body]


class EndsEarly(BendsScans):
    """Has a page size of its own."""

    async def bent(self, asked: Question) -> list[Record]:
        return (await self.right(asked))[:500]


class CutsLargeBodies(BendsScans):
    """Has room for a mebibyte."""

    async def bent(self, asked: Question) -> list[Record]:
        return [replace(record, body=(record.body or b"")[: 1 << 20]) for record in await self.right(asked)]


class PagesByOffset(BendsScans):
    """Counts how many records came before a page, and leaves out as many from the beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, int] = {}

    async def bent(self, asked: Question) -> list[Record]:
        if asked.prefix or asked.reverse:
            return await self.right(asked)
        before = self._before.get(asked.after or "")
        if before is None:
            page = await self.right(asked)
        else:
            page = (await self.right(asked._replace(after=None, limit=SCAN_LIMIT)))[before:][: asked.limit]
        if page and (asked.after is None or before is not None):
            self._before[page[-1].ref.key] = (before or 0) + len(page)
        return page


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "keys_come_in_order_of_code_points": IgnoresCase,
    "reverse_begins_at_the_last": TurnsThePageRound,
    "a_scan_sees_one_kind_of_one_tenant": ScansKindsAlike,
    "a_prefix_is_taken_literally": TakesUnderlinesForAnything,
    "the_last_character_has_its_prefix_too": EndsAtTheHighestCharacter,
    "a_scan_begins_beyond": BeginsAtTheKey,
    "after_may_lie_outside_the_prefix": IgnoresAfterOutsideThePrefix,
    "a_page_is_as_long_as_its_limit": CountsTheKeyToBeginAfter,
    "pages_under_writes_hold_what_stays_once": PagesByOffset,
    "tombstones_do_not_shorten_a_page": CountsTombstones,
    "stubs_are_scanned": HidesStubs,
    "the_longest_page_is_whole": EndsEarly,
    "the_largest_bodies_are_scanned": CutsLargeBodies,
}
