"""Every request, every step of it, every way in which that step may fail."""

import pytest

from application.panoramas.settings import Settings
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.invariants import assert_consistent
from tests.faults.scenarios import PART_SIZE, SCENARIOS, Importing, Scenario

NO_SNAPSHOTS = Settings(snapshot_after=1_000_000)
"""Snapshots are taken beside the requests; they have faults of their own."""

DEADLY = frozenset({Harm.DEATH_BEFORE, Harm.DEATH_AFTER})
"""After any other harm the process goes on and sees what others have done meanwhile."""

LASTING = 20
"""A store that is away for that many calls outlasts every retry."""


async def tried(scenario: Scenario, fault: Fault) -> bool:
    """Make the request with one fault, and check everything that must hold; whether the fault struck at all."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage, NO_SNAPSHOTS, part_size=PART_SIZE)
    panorama = await scenario.prepare(house)
    storage.steps.clear()
    storage.plan = (fault,)
    answer: object = None
    try:
        answer = await scenario.act(house, panorama)
    except (Died, PortError):
        assert len(storage.steps) >= fault.call
    struck = len(storage.steps) >= fault.call
    storage.plan = ()

    survivor = house.neighbour(storage.inner, seed=f"survivor of {fault.call}")
    await assert_consistent(survivor)
    seen = await scenario.seen(survivor, panorama)
    if answer is not None:
        assert seen == scenario.after, "what was acknowledged is lost"
    elif not isinstance(scenario, Importing):
        assert seen in (scenario.before, scenario.after), "something half-done is visible"

    again = await scenario.act(survivor, panorama)
    assert await scenario.seen(survivor, panorama) == scenario.after, "a repeat doubles or loses"
    assert answer in (None, again), "a repeat gets another answer"
    await assert_consistent(survivor)
    if fault.harm not in DEADLY:
        await assert_consistent(house)
    return struck


@pytest.mark.parametrize("times", [1, LASTING], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_nothing_is_lost_halved_or_doubled(scenario: Scenario, harm: Harm, times: int) -> None:
    """Whichever step fails: what was acknowledged stays, nothing half-done shows, and a repeat succeeds once."""
    step = 1
    while await tried(scenario, Fault(step, harm, times=times)):
        step += 1
    assert step > 1, "the request has steps that can fail"
