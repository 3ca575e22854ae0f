"""Every request, and a sweep of another process that seals everything anew between any two of its steps."""

import pytest

from application.panoramas.settings import Settings
from tests.fakes.flaky import WRITES, Fault, Harm
from tests.fakes.house import TENANT, furnished
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.storage import MemoryStorage
from tests.faults.invariants import assert_consistent
from tests.faults.scenarios import PART_SIZE, SCENARIOS, Scenario

SNAPSHOTS = Settings(snapshot_after=1)
"""A snapshot after every change, so that those are sealed anew as well."""


async def tried(scenario: Scenario, begins: int, *, stale: bool = True, lost: bool = False) -> bool:
    """Make the request while everything is sealed anew from one step on; whether the request had that many steps.

    With `lost`, that step is the one that follows a write whose answer was lost, and writes alone are counted.
    """
    storage = Rotating(MemoryStorage())
    house = await furnished(storage, SNAPSHOTS, part_size=PART_SIZE)
    panorama = await scenario.prepare(house)
    await house.panoramas.close()
    other = house.neighbour(storage.inner, seed="rotates")
    await rotate(other)
    if not stale:
        house.time.go_on(seconds=61)

    async def rotation() -> None:
        await sweep(other)

    storage.steps.clear()
    storage.begins, storage.rotation = begins, rotation
    if lost:
        storage.begins, storage.counted = begins + 1, WRITES
        storage.plan = (Fault(begins, Harm.LOST_ANSWER, WRITES),)
    answer = await scenario.act(house, panorama)
    await house.panoramas.close()
    reached = storage.made() >= begins
    storage.rotation, storage.plan = None, ()
    await sweep(other)
    assert await scenario.seen(house, panorama) == scenario.after
    survivor = house.neighbour(storage.inner, seed="survivor")
    await assert_consistent(survivor)
    assert await scenario.seen(survivor, panorama) == scenario.after
    assert await scenario.act(survivor, panorama) == answer, "a repeat gets another answer"
    async for held in survivor.panoramas.snapshots.headers(TENANT, panorama, 10**9):
        await survivor.panoramas.snapshots.read(TENANT, panorama, held.value)
    await sweep(other)
    assert await storage.inner.sealed_below(TENANT, 2, 1) == []
    return reached


@pytest.mark.parametrize("stale", [True, False], ids=["old view", "new view"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_no_request_notices_a_sweep(scenario: Scenario, stale: bool) -> None:  # noqa: FBT001 - a case of pytest
    """Whenever the sweep begins, and whether or not the writer knows of the new key, the request succeeds, once."""
    step = 1
    while await tried(scenario, step, stale=stale):
        step += 1
    assert step > 1


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_write_that_was_sealed_anew_before_it_was_found_again_is_ones_own(scenario: Scenario) -> None:
    """The answer to a write is lost, and before anybody looks, the sweep has replaced the record."""
    step = 1
    while await tried(scenario, step, lost=True):
        step += 1
    assert step > 1
