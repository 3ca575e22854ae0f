"""Watching: every change of everybody arrives, in order, for as long as one may see it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from application.panoramas.fold import fold_history
from application.panoramas.watch import PAGE, Watches
from domain.errors import PanoramaMissing, VersionMissing
from domain.ids import PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import SetAccess
from domain.panoramas.facts import Change
from ports.storage import Record
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.patience import patience
from tests.unit.application.panoramas.scenes import a_panorama, edited, group


async def soon(_: float) -> None:
    """Sleep for a moment only, so that tests take none."""
    await asyncio.sleep(0)


async def turns(number: int) -> None:
    """Let everybody else have that many turns."""
    for _ in range(number):
        await asyncio.sleep(0)


def watched(
    watches: Watches, panorama: PanoramaId, after: int, user: UserId = ANN
) -> aclosing[AsyncGenerator[list[Change], None]]:
    """Begin to watch."""
    return aclosing(watches.changes(TENANT, panorama, user, after))


async def versions(stream: AsyncIterator[list[Change]]) -> list[int]:
    """Return the versions of the next delivery."""
    async with asyncio.timeout(patience(5)):
        return [change.version for change in await anext(stream)]


async def test_what_was_missed_comes_first() -> None:
    """A watcher that has seen version 1 is told of 2 and 3 at once."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await edited(house, panorama, group("b"))
    async with watched(Watches(house.panoramas, soon), panorama, 1) as stream:
        assert await versions(stream) == [2, 3]


async def test_changes_of_another_process_arrive() -> None:
    """What another process commits is found by the poll."""
    house = await furnished()
    panorama = await a_panorama(house)
    async with watched(Watches(house.panoramas, soon), panorama, 1) as stream:
        waiting = asyncio.create_task(versions(stream))
        await asyncio.sleep(0)
        other = house.neighbour()
        await edited(other, panorama, group("a"))
        assert await waiting == [2]
        await edited(other, panorama, group("b"))
        assert await versions(stream) == [3]


async def test_many_watchers_share_one_poll() -> None:
    """A hundred watchers ask the store as often as one does; the last one to leave ends the poll."""
    house = await furnished()
    panorama = await a_panorama(house)
    sleeps: list[float] = []
    warm = asyncio.Event()

    async def counted(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 3:
            warm.set()
        await asyncio.sleep(0.001)

    watches = Watches(house.panoramas, counted, 0.5)
    streams = [watches.changes(TENANT, panorama, ANN, 1) for _ in range(100)]
    waiting = [asyncio.create_task(versions(stream)) for stream in streams]
    await warm.wait()
    await edited(house, panorama, group("a"))
    polls = len(sleeps)
    assert await asyncio.gather(*waiting) == [[2]] * 100
    assert set(sleeps) == {0.5}
    assert polls < 50
    for stream in streams:
        await stream.aclose()
    await asyncio.sleep(0.005)
    ended = len(sleeps)
    await asyncio.sleep(0.005)
    assert len(sleeps) == ended


async def test_a_watcher_that_loses_access_is_told_nothing_more() -> None:
    """The change that takes access away ends the watch of those who lose it, and not that of the others."""
    house = await furnished()
    panorama = await a_panorama(house)
    watches = Watches(house.panoramas, soon)
    async with watched(watches, panorama, 1, BEN) as hers, watched(watches, panorama, 1, ANN) as mine:
        waiting = asyncio.create_task(versions(hers))
        await asyncio.sleep(0)
        await edited(house, panorama, SetAccess(Access(frozenset(), frozenset())))
        with pytest.raises(PanoramaMissing):
            await waiting
        assert await versions(mine) == [2]


async def test_a_store_that_is_away_for_a_while_is_asked_again() -> None:
    """A poll that fails is followed by the next one."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house)
    async with watched(Watches(house.panoramas, soon), panorama, 1) as stream:
        waiting = asyncio.create_task(versions(stream))
        await turns(20)
        storage.steps.clear()
        storage.plan = (Fault(1, Harm.LOST_REQUEST, frozenset({"scan"}), times=5),)
        await turns(50)
        assert storage.steps.count("scan") > 5
        await edited(house.neighbour(storage.inner), panorama, group("a"))
        assert await waiting == [2]


async def test_a_missing_panorama_cannot_be_watched() -> None:
    """The first look says that there is none."""
    house: House = await furnished()
    async with watched(Watches(house.panoramas, soon), PanoramaId("0" * 24), 0) as stream:
        with pytest.raises(PanoramaMissing):
            await versions(stream)


async def test_a_watcher_who_is_far_behind_is_told_to_load_anew() -> None:
    """What follows the version that it has is folded away, all of it or some."""
    house = await furnished()
    panorama = await a_panorama(house)
    for number in range(4):
        await edited(house, panorama, group(f"g{number}"))
    for through in (3, 5):
        await fold_history(TENANT, panorama, through, house.panoramas)
        async with watched(Watches(house.panoramas, soon), panorama, 2) as stream:
            with pytest.raises(VersionMissing):
                await versions(stream)


async def test_a_watcher_from_the_beginning_is_told_of_what_there_is() -> None:
    """Where all is folded away it waits for what comes next, and asks the store no more often than others."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await fold_history(TENANT, panorama, 2, house.panoramas)
    async with watched(Watches(house.panoramas, asyncio.sleep, 60), panorama, 0) as stream:
        waiting = asyncio.create_task(versions(stream))
        await turns(50)
        assert isinstance(house.storage, MemoryStorage)
        trips = house.storage.round_trips
        await turns(50)
        assert house.storage.round_trips == trips
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with watched(Watches(house.panoramas, soon), panorama, 0) as stream:
        waiting = asyncio.create_task(versions(stream))
        await edited(house.neighbour(), panorama, group("b"))
        assert await waiting == [3]


class Slow(MemoryStorage):
    """Answers a watcher's question about what came only after the poll has seen something newer."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def scan(self, tenant: str, kind: str, **wanted: Any) -> list[Record]:
        """Look, then let something happen."""
        found = await super().scan(tenant, kind, **wanted)
        if self.meanwhile and kind == "change" and wanted["limit"] == PAGE and not found:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
            await turns(50)
        return found


async def test_what_comes_while_a_watcher_looks_is_not_missed() -> None:
    """The poll has seen it before the watcher begins to wait, so that it does not wait."""
    storage = Slow()
    house = await furnished(storage)
    panorama = await a_panorama(house)
    other = house.neighbour()
    storage.meanwhile = lambda: edited(other, panorama, group("a"))
    async with watched(Watches(house.panoramas, soon), panorama, 1) as stream:
        assert await versions(stream) == [2]
