"""A follower goes on whatever happens, until its site is the one that writes."""

import asyncio

import pytest

from application.failover.control import ControlStores
from application.failover.following import ERASE_EVERY, PERIOD, Follower, Turned
from application.failover.takeover import take_over
from application.restore.target import FOLLOWING
from ports.errors import Unavailable
from ports.storage import Record, Shipping
from tests.fakes.backups import Yard
from tests.fakes.failover import THERE, Crossing
from tests.fakes.retention import opened
from tests.fakes.slow import slow
from tests.fakes.sources import FakeTime, SteadyTime
from tests.unit.application.backups.scenes import a_yard, cycled
from tests.unit.application.failover import scenes


async def a_crossing() -> Crossing:
    """Return a site that has shipped, and an empty standby."""
    yard = await a_yard()
    await cycled(yard, 2)
    return Crossing(yard, await scenes.begun(site="aws"))


def follower(crossing: Crossing, time: SteadyTime) -> Follower:
    """Return one whose time only the test moves."""
    return Follower(THERE, crossing.standby(), crossing.scene.control(), time.monotonic, time.sleep)


async def test_a_follower_takes_turns_until_its_site_writes() -> None:
    """Failures are told and do not end it; it ends by itself as soon as there is nothing more to follow."""
    crossing, time, told = await a_crossing(), SteadyTime(), list[Turned]()
    following = asyncio.create_task(follower(crossing, time).follow(told.append))
    await time.live(PERIOD)
    assert told[0].caught is not None
    for store in crossing.yard.blobs.values():
        store.failure = Unavailable("out")
    await time.live(PERIOD)
    assert told[-1].failure is not None
    assert told[-1].failure.code == "unavailable"
    for store in crossing.yard.blobs.values():
        store.failure = None
    await cycled(crossing.yard)
    await time.live(2 * PERIOD)
    assert told[-1].caught is not None
    assert told[-1].caught.following.applied.position.number == 3
    word = await take_over(crossing.scene.control(), THERE, crossing.scene.time.sleep)
    await time.live(2 * PERIOD)
    assert await following == word


async def test_a_turn_is_counted_from_before_the_control_stores_are_asked() -> None:
    """Slow control stores do not make a standby fall behind: turns begin every ten seconds."""
    crossing, time, pauses = await a_crossing(), FakeTime(), list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise asyncio.CancelledError

    control = ControlStores([slow(store, time, 1) for store in crossing.scene.stores()])
    with pytest.raises(asyncio.CancelledError):
        await Follower(THERE, crossing.standby(), control, time.monotonic, pause).follow()
    assert pauses == [PERIOD - time.monotonic()] == [1.0]


async def test_a_standby_that_cannot_go_on_says_the_way_out() -> None:
    """Before there is any backup, too."""
    crossing = Crossing(await a_yard(), await scenes.begun(site="aws"))
    turned = await follower(crossing, SteadyTime()).turn()
    assert "no backup leads to the newest moment; " in turned.refused


async def test_a_fault_is_told_with_its_place() -> None:
    """And not what it says."""
    crossing = await a_crossing()
    note = Record(FOLLOWING, 1, b"?", crossing.yard.time.clock(), shipping=Shipping.NEVER)
    await crossing.ruin.storage.put(note)
    turned = await follower(crossing, SteadyTime()).turn()
    assert turned.failure is not None
    assert turned.failure.code == "corrupt"


async def test_the_ledger_is_applied_once_an_hour() -> None:
    """Whoever was erased meanwhile is gone from the standby by then."""
    office = await opened()
    yard = Yard(office.house)
    gone = await office.settle()
    await cycled(yard, 2)
    crossing, time = Crossing(yard, await scenes.begun(site="aws")), SteadyTime()
    following = follower(crossing, time)
    assert (await following.turn()).caught is not None
    await office.remove()
    await office.purge_all()
    await cycled(yard, 2)
    time.go_on(seconds=ERASE_EVERY - 1)
    await following.turn()
    assert await crossing.ruin.storage.holdings(gone)
    time.go_on(seconds=1)
    await following.turn()
    assert await crossing.ruin.storage.holdings(gone) == {}
