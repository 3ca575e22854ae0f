"""Whoever dies or fails at any step of taking, renewing or giving up a lease leaves work that another finishes."""

import asyncio

import pytest

from application.maintenance.jobs import Due, Report, Turn
from application.maintenance.states import Ran
from application.sealing.records import Records, Write
from domain.ids import SYSTEM
from domain.leases import BEAT, TERM
from ports.errors import Conflict
from ports.storage import ABSENT, Ref
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House, furnished
from tests.fakes.instances import JOB, Instance, Work
from tests.fakes.sources import SteadyTime, settled
from tests.fakes.storage import MemoryStorage

KIND = "number"
COUNT = 4
SECONDS = BEAT / 2
LASTING = 20
"""A store that is away for that many calls outlasts every retry."""

FOR_GOOD = 1_000_000
"""Who has died makes no call any more."""

DEADLY = frozenset({Harm.DEATH_BEFORE, Harm.DEATH_AFTER})


class Numbering(Work):
    """A job that writes numbers down, one a step, each of which may be written once."""

    def __init__(self, time: SteadyTime, records: Records) -> None:
        super().__init__(time)
        self.written: list[str] = []
        self._records = records
        self._steady = time

    async def plan(self) -> list[Due]:
        there = await self._records.storage.scan(SYSTEM, KIND)
        return [Due(at=self._steady.now, what="write a number")] * (COUNT - len(there))

    async def run(self, turn: Turn) -> Report:
        self.turns.append(turn)
        for key in map(str, range(COUNT)):
            if turn.is_over():
                return Report(unfinished=True)
            try:
                await self._records.put(Write(Ref(SYSTEM, KIND, key), ABSENT + 1, key))
            except Conflict:
                continue
            self.written.append(key)
            await self._steady.sleep(SECONDS)
            turn.advance(total=COUNT)
        return Report(done={"numbers": len(self.written)} if self.written else {})


def instance(house: House, time: SteadyTime, name: str) -> tuple[Instance, Numbering]:
    """Return a process and its job."""
    job = Numbering(time, house.records)
    return Instance(house, time, job, name=name), job


async def tried(fault: Fault) -> bool:
    """Run the job with one fault beside somebody who waits for it; whether the fault struck at all."""
    time, inner = SteadyTime(), MemoryStorage()
    line = FlakyStorage(inner)
    house = await furnished(line)
    line.steps.clear()
    line.plan = (fault,)
    struck_one, own = instance(house, time, "struck")
    survivor, others = instance(house.neighbour(inner), time, "survivor")
    running = asyncio.create_task(struck_one.run())
    await settled()
    waiting = asyncio.create_task(survivor.run())
    await time.live(COUNT * SECONDS + 2 * TERM)
    assert running.done()
    assert waiting.done()
    struck = len(line.steps) >= fault.call
    dead = isinstance(running.exception(), Died)
    assert dead or running.result().keys() == {JOB}
    line.plan = ()

    again = asyncio.create_task(survivor.run())
    await time.live(COUNT * SECONDS + 2 * TERM)
    assert again.done()
    ran = again.result()[JOB]
    assert ran is not None, "the lease of the dead is never to be had"
    assert ran.is_done
    assert sorted(record.ref.key for record in await inner.scan(SYSTEM, KIND)) == [*map(str, range(COUNT))]
    assert len(own.written) + len(others.written) <= COUNT, "a number was written twice"
    await _assert_at_rest(survivor, ran)
    tokens = sorted(turn.token for turn in (*own.turns, *others.turns))
    assert len(set(tokens)) == len(tokens), "two turns have the same token"
    if fault.harm not in DEADLY:
        alone = await struck_one.run()
        assert alone[JOB] is not None
        await _assert_at_rest(survivor, alone[JOB])
    return struck


async def _assert_at_rest(watcher: Instance, last: Ran | None) -> None:
    """Nobody has the lease, and the record tells of the last turn."""
    state = (await watcher.leases.look(JOB)).state
    assert state.lease.holder is None
    assert state.last == last


@pytest.mark.parametrize("times", [1, LASTING], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whichever_step_fails_the_work_is_finished_once(harm: Harm, times: int) -> None:
    """By the same process or by another, as soon as the lease has lapsed; never is a number written twice."""
    step = 1
    while await tried(Fault(step, harm, times=FOR_GOOD if harm in DEADLY else times)):
        step += 1
    assert step > COUNT, "taking, renewing and giving up have steps that can fail"
