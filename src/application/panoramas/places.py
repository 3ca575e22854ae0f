"""The index from issues to panoramas. It may name too many, never too few: a lookup checks every hit.

It is no part of backups, since it can be made from the streams: a restored site makes it anew.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from application.keys.blind_index import BlindIndex, IndexSecret
from application.panoramas.entries import ENTRY
from application.sealing.pages import pages
from application.sealing.records import Held, Records, Write
from domain.ids import IssueId, PanoramaId, TenantId
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import ABSENT, Ref, Shipping

PLACE: Final = "place"

_FRESH: Final = timedelta(minutes=30)
"""An entry that old is renewed."""

_SETTLED: Final = timedelta(hours=1)
"""An entry that old belongs to no change that is on its way: it would have been renewed."""

_BATCH: Final = 500
_LANES: Final = 16


class Place(msgspec.Struct, frozen=True):
    """Says that a panorama may hold an issue; emptied (`held` False) rather than deleted, since it may come back."""

    added: datetime
    held: bool = True


class Places:
    """Adds to the index and asks it."""

    def __init__(self, records: Records, index: BlindIndex, clock: Clock) -> None:
        self._records = records
        self._index = index
        self._clock = clock

    async def announce(self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]) -> None:
        """Make sure that each issue leads to the panorama, before the commit that puts it there."""
        place = Place(self._clock())
        writes: list[Write] = []
        for issue in issues:
            digest = await self._index.digest(tenant, issue)
            writes.append(_first(tenant, f"{digest}/{panorama}", place))
        for start in range(0, len(writes), _BATCH):
            await self._create(writes[start : start + _BATCH], self._renew)
            await asyncio.sleep(0)

    async def lookup(self, tenant: TenantId, issue: IssueId) -> list[PanoramaId]:
        """Return the panoramas that may hold the issue, in the order of their ids.

        Those are all that the tenant has, for as long as the index may lack entries.
        """
        if not await self._index.is_whole(tenant):
            listed = pages(self._records.storage, tenant, ENTRY)
            return [PanoramaId(record.ref.key) async for page in listed for record in page]
        found: set[PanoramaId] = set()
        for digest in await self._index.digests(tenant, issue):
            held = await self._records.scan(tenant, PLACE, Place, prefix=f"{digest}/")
            found.update(PanoramaId(each.ref.key.rpartition("/")[2]) for each in held if each.value.held)
        return sorted(found)

    async def withdraw(self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]) -> None:
        """Empty the entries of issues that the newest tree does not hold any more, if they are an hour old.

        A younger one may belong to a change that is on its way; one that is renewed meanwhile stays.
        """
        async for held in self._entries(tenant, panorama, issues):
            if held.value.held and self.is_settled(held.value):
                await self.empty(held)

    async def forget(self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]) -> None:
        """Take the entries of a panorama away that is discarded, so that their keys never come back."""
        async for held in self._entries(tenant, panorama, issues):
            await self._records.discard(held.ref, held.rev)

    async def named(self, panorama: PanoramaId, issues: Iterable[IssueId], key: IndexSecret) -> dict[str, IssueId]:
        """Return the issues by the keys of the entries that lead from them to the panorama under this index key."""
        names: dict[str, IssueId] = {}
        for count, issue in enumerate(issues, start=1):
            names[f"{key.digest(issue)}/{panorama}"] = issue
            if not count % _BATCH:
                await asyncio.sleep(0)
        return names

    async def make_anew(
        self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId], key: IndexSecret
    ) -> None:
        """Make sure that each issue leads to the panorama under this very key; what does so already stays as it is."""
        place = Place(self._clock())
        names = list(await self.named(panorama, issues, key))
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            await self._create([_first(tenant, name, place) for name in some], self._fill)

    async def under(self, tenant: TenantId, key: int) -> AsyncIterator[Held[Place]]:
        """Yield all entries under a key."""
        after = None
        while True:
            page = await self._records.storage.scan(tenant, PLACE, prefix=f"{key}.", after=after, limit=_BATCH)
            for held in await self._records.open_many(page, Place):
                yield held
            if len(page) < _BATCH:
                return
            after = page[-1].ref.key

    def is_settled(self, place: Place) -> bool:
        """Whether an entry is so old that whoever wanted to rely on it now would renew it."""
        return self._clock() - place.added >= _SETTLED

    async def empty(self, held: Held[Place]) -> int:
        """Have an entry lead nowhere; return 1, or 0 where somebody has renewed it meanwhile."""
        try:
            await self._records.put(
                Write(held.ref, held.rev + 1, Place(held.value.added, held=False), shipping=Shipping.NEVER)
            )
        except Conflict:
            return 0
        return 1

    async def take_away(self, tenant: TenantId, key: int) -> int:
        """Take some of the entries under a key away that is out of use; return how many there were, 0 for none left."""
        found = await self._records.storage.scan(tenant, PLACE, prefix=f"{key}.", limit=_BATCH)
        for start in range(0, len(found), _LANES):
            some = found[start : start + _LANES]
            await asyncio.gather(*(self._records.discard(record.ref, record.rev) for record in some))
        return len(found)

    async def _entries(
        self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]
    ) -> AsyncIterator[Held[Place]]:
        for issue in issues:
            for digest in await self._index.digests(tenant, issue):
                held = await self._records.get(Ref(tenant, PLACE, f"{digest}/{panorama}"), Place)
                if held is not None:
                    yield held

    async def _create(self, writes: list[Write], meet: Callable[[Write], Awaitable[None]]) -> None:
        """Create all entries; `meet` is told of each that is there already."""
        while writes:
            try:
                await self._records.put_many(writes)
            except Conflict as conflict:
                position = next(at for at, write in enumerate(writes) if write.ref == conflict.about)
                await meet(writes[position])
                writes = writes[position + 1 :]
            else:
                return

    async def _fill(self, write: Write) -> None:
        """Write over an entry that is empty."""
        held = await self._records.get(write.ref, Place)
        if held is None or not held.value.held:
            await self._renew(write)

    async def _renew(self, write: Write) -> None:
        """Write over an entry that is empty or old. Losing a race is no loss: the winner has renewed it just now."""
        held = await self._records.get(write.ref, Place)
        if held is None:
            raise Conflict(write.ref)
        if held.value.held and self._clock() - held.value.added < _FRESH:
            return
        try:
            await self._records.put(replace(write, rev=held.rev + 1))
        except Conflict:
            await self._renew(write)


def _first(tenant: TenantId, name: str, place: Place) -> Write:
    return Write(Ref(tenant, PLACE, name), ABSENT + 1, place, shipping=Shipping.NEVER)
