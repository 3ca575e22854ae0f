"""Watching: every change of everybody arrives, in order, for as long as one may see it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from application.panoramas.watch import Watches
from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import SetAccess
from domain.panoramas.facts import Change
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
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
    async with asyncio.timeout(5):
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
