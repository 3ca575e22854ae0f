"""Work that nobody waits for gives way to whoever is at work."""

import asyncio

from application.sealing.courtesy import Courtesy
from application.sealing.resealing import BATCH
from tests.fakes.house import TENANT
from tests.fakes.sources import FakeTime
from tests.unit.application.sealing.test_resealing import rotated, things

A_MOMENT = 0.001


async def disturbed(courtesy: Courtesy, time: FakeTime) -> None:
    """Let somebody else be at work during a pause."""

    async def work() -> None:
        time.go_on(seconds=A_MOMENT)

    task = asyncio.create_task(work())
    await courtesy.pause()
    await task


async def alone_again(courtesy: Courtesy) -> int:
    """Return after how many rests that is."""
    rests = 0
    while not courtesy.is_alone:
        await courtesy.rest()
        rests += 1
    return rests


async def test_whoever_is_alone_never_rests() -> None:
    """However often they pause."""
    time = FakeTime()
    courtesy = Courtesy(time.monotonic, time.sleep)
    began = time.monotonic()
    for _ in range(100):
        await courtesy.pause()
        await courtesy.rest()
    assert courtesy.is_alone
    assert time.monotonic() == began


async def test_whoever_is_not_alone_rests_for_a_while() -> None:
    """And is alone again when nobody has been noticed for as long."""
    time = FakeTime()
    courtesy = Courtesy(time.monotonic, time.sleep)
    await disturbed(courtesy, time)
    began = time.monotonic()
    assert 5 < await alone_again(courtesy) < 100
    rested = time.monotonic() - began
    assert 0.1 < rested < 2
    await courtesy.rest()
    assert time.monotonic() - began == rested


async def test_a_sweep_takes_small_steps_beside_others() -> None:
    """And large ones when they have gone."""
    house = await rotated(*things(*(f"{number:04}" for number in range(BATCH + 100))))
    await disturbed(house.courtesy, house.time)
    few = (await house.resealing.some(TENANT, 2)).sealed
    await alone_again(house.courtesy)
    many = (await house.resealing.some(TENANT, 2)).sealed
    assert 0 < few < many == BATCH
