"""The index from issues to panoramas. It may name too many, never too few: a lookup checks every hit."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from application.keys.blind_index import BlindIndex
from application.sealing.records import Held, Records, Write
from domain.ids import IssueId, PanoramaId, TenantId
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import Ref

PLACE: Final = "place"

_FRESH: Final = timedelta(minutes=30)
"""An entry that old is renewed."""

_SETTLED: Final = timedelta(hours=1)
"""An entry that old belongs to no change that is on its way: it would have been renewed."""

_BATCH: Final = 500


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
            writes.append(Write(ref=Ref(tenant, PLACE, f"{digest}/{panorama}"), rev=1, value=place))
        for start in range(0, len(writes), _BATCH):
            await self._create(writes[start : start + _BATCH])
            await asyncio.sleep(0)

    async def lookup(self, tenant: TenantId, issue: IssueId) -> list[PanoramaId]:
        """Return the panoramas that may hold the issue, in the order of their ids."""
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
            if held.value.held and self._clock() - held.value.added >= _SETTLED:
                emptied = Place(held.value.added, held=False)
                with suppress(Conflict):
                    await self._records.put(Write(ref=held.ref, rev=held.rev + 1, value=emptied))

    async def forget(self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]) -> None:
        """Take the entries of a panorama away that is discarded, so that their keys never come back."""
        async for held in self._entries(tenant, panorama, issues):
            await self._records.discard(held.ref, held.rev)

    async def _entries(
        self, tenant: TenantId, panorama: PanoramaId, issues: Iterable[IssueId]
    ) -> AsyncIterator[Held[Place]]:
        for issue in issues:
            for digest in await self._index.digests(tenant, issue):
                held = await self._records.get(Ref(tenant, PLACE, f"{digest}/{panorama}"), Place)
                if held is not None:
                    yield held

    async def _create(self, writes: list[Write]) -> None:
        """Create all entries; those that are there already are renewed instead."""
        while writes:
            try:
                await self._records.put_many(writes)
            except Conflict as conflict:
                position = next(at for at, write in enumerate(writes) if write.ref == conflict.about)
                await self._renew(writes[position])
                writes = writes[position + 1 :]
            else:
                return

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
