"""A job works under a lease that is kept up, and whatever ends its turn is told."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from application.maintenance.jobs import Due, Finding, Progress, Report, Turn
from application.maintenance.loop import Advanced, Known
from application.maintenance.states import Failure, Outlook, Ran
from application.maintenance.turns import OUTLOOK_LIFETIME
from domain.leases import BEAT, TERM, TRUST
from ports.edges import port_error_of
from ports.errors import Unavailable, Unexpected
from tests.fakes.flaky import WRITES, Fault, FlakyStorage, Harm
from tests.fakes.house import House, furnished
from tests.fakes.instances import JOB, Instance, Work
from tests.fakes.sources import SteadyTime, settled

FINDING = Finding(code="red", what="it is red; paint it green")


@pytest.fixture
async def house() -> House:
    """Return a house behind a line that can be harmed."""
    return await furnished(FlakyStorage((await furnished()).storage))


@pytest.fixture
def time() -> SteadyTime:
    """Return the time that all live in."""
    return SteadyTime()


def line_of(house: House) -> FlakyStorage:
    """Return the line to the storage."""
    assert isinstance(house.storage, FlakyStorage)
    return house.storage


async def lived(instance: Instance, seconds: float) -> dict[str, Ran | None]:
    """Let an instance do what is due, within so many seconds."""
    task = asyncio.create_task(instance.run())
    await settled()
    await instance.time.live(seconds)
    assert task.done(), "it takes longer"
    return task.result()


async def only(instance: Instance, seconds: float = 0) -> Ran:
    """Return what came of the only job."""
    ran = (await lived(instance, seconds))[JOB]
    assert ran is not None
    return ran


async def test_what_came_of_a_turn_is_told_and_kept(house: House, time: SteadyTime) -> None:
    """Steps, seconds, what was done and found, and what is due next; another process sees the same."""
    work = Work(time, 3, seconds=2)
    work.findings = (FINDING,)
    work.due = [Due(at=time.now, what="work")]
    instance = Instance(house, time, work)
    ran = await only(instance, 10)
    assert replace(ran, at=time.start) == Ran(
        job=JOB, at=time.start, seconds=6, steps=3, report=Report(done={"steps": 3}, findings=(FINDING,))
    )
    state = (await Instance(house.neighbour(), time, name="other").leases.look(JOB)).state
    assert (state.last, state.succeeded, state.findings) == (ran, ran.at, {"red": 1})
    assert state.outlook == Outlook(at=ran.at, planned=1, overdue=1, soonest=work.due[0].at)
    assert instance.told == [
        *(Advanced(JOB, Progress(done, 3)) for done in (1, 2, 3)),
        ran,
        Known(JOB, state),
    ]


async def test_the_lease_is_renewed_for_as_long_as_the_job_works(house: House, time: SteadyTime) -> None:
    """Nobody takes over from who works longer than a term; the progress shows to others with each beat."""
    work = Work(time, round(3 * TERM))
    task = asyncio.create_task(Instance(house, time, work).run())
    other = Instance(house.neighbour(), time, work, name="other")
    await settled()
    while work.left > 2 * BEAT:
        assert (await lived(other, BEAT + 2))[JOB] is None
        progress = (await other.leases.look(JOB)).state.progress
        assert time.monotonic() - BEAT <= progress.done <= time.monotonic()
    await time.live(2 * BEAT)
    assert task.done()
    assert len(work.turns) == 1


async def test_a_renewal_that_fails_is_made_up_for(house: House, time: SteadyTime) -> None:
    """One or two beats may be lost."""
    work = Work(time, 60)
    task = asyncio.create_task(Instance(house, time, work).run())
    await settled()
    line_of(house).steps.clear()
    line_of(house).plan = (Fault(1, Harm.LOST_REQUEST, times=2),)
    await time.live(61)
    assert task.done()
    assert (task.result()[JOB] or Ran(job="", at=time.now)).steps == 60


async def test_a_holder_that_cannot_renew_stops_before_others_begin(house: House, time: SteadyTime) -> None:
    """It stops between two steps, in time, by its own clock; what is left is another's."""
    near = house.neighbour(line_of(house).inner, seed="near")
    work = Work(time, 100)
    task = asyncio.create_task(Instance(house, time, work, name="cut off").run())
    await settled()
    line_of(house).plan = (Fault(1, Harm.LOST_REQUEST, times=1_000_000),)
    line_of(house).steps.clear()
    other = Instance(near, time, work, name="other")
    helping = asyncio.create_task(other.run())
    await time.live(TRUST + 1)
    assert task.done()
    cut_off = task.result()[JOB]
    assert cut_off is not None
    assert (cut_off.report.unfinished, cut_off.failure) == (True, Failure("unavailable"))
    await time.live(TERM + 100)
    assert helping.done()
    assert (work.left, work.most_at_work) == (0, 1)


async def test_a_sleeper_stops_and_tells_that_it_has_lost_its_lease(house: House, time: SteadyTime) -> None:
    """A process that did not run for a while finds a successor, does no further step and writes nothing."""
    line, work = line_of(house), Work(time, 100)
    sleeper = Instance(house, time, work, name="sleeper")
    other = Instance(house.neighbour(line.inner), time, work, name="other")
    task = asyncio.create_task(sleeper.run())
    await settled()
    line.plan = (Fault(1, Harm.LOST_REQUEST, methods=WRITES, times=6),)
    line.steps.clear()
    await other.leases.look(JOB)
    time.go_on(seconds=TERM)
    left = work.left
    fresh = asyncio.create_task(other.run())
    await settled()
    await time.live(1)
    line.plan = ()
    await time.live(3)
    assert task.done()
    lost = task.result()[JOB]
    assert lost is not None
    assert lost.lost
    assert lost.steps <= 1
    await time.live(left + 10)
    assert fresh.done()
    last = (await sleeper.leases.look(JOB)).state.last
    assert last == other.ran[-1]
    assert other.ran[0].steps + lost.steps == 100


async def test_a_holder_that_finds_its_lease_taken_does_not_go_on_renewing(house: House, time: SteadyTime) -> None:
    """However long its step takes, it leaves the record to its successor from then on."""
    sleeper = Instance(house, time, Work(time, 1, seconds=100), name="sleeper")
    other = Instance(house.neighbour(line_of(house).inner), time, Work(time), name="other")
    task = asyncio.create_task(sleeper.run())
    await settled()
    await other.leases.look(JOB)
    time.go_on(seconds=TERM)
    await other.run()
    line_of(house).steps.clear()
    await time.live(60)
    assert line_of(house).steps.count("put") == 1
    await time.live(40)
    assert task.done()
    lost = task.result()[JOB]
    assert lost is not None
    assert lost.lost


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Unavailable("secret"), "unavailable"),
        (port_error_of(KeyError("secret")), "unavailable"),
        (ValueError("secret"), "fault"),
    ],
)
async def test_a_job_that_fails_is_told_by_code_and_place(
    house: House, time: SteadyTime, error: Exception, failure: str
) -> None:
    """Never by its words; the lease is given up all the same."""
    work = Work(time)
    work.failures = [error]
    instance = Instance(house, time, work)
    ran = await only(instance)
    assert ran.failure is not None
    assert ran.failure.code == failure
    where = "KeyError at " if isinstance(error, Unexpected) else ""
    assert ran.failure.where.startswith("ValueError at instances.py:" if failure == "fault" else where)
    state = (await instance.leases.look(JOB)).state
    assert (state.last, state.lease.holder, state.succeeded) == (ran, None, None)
    assert "secret" not in str(state)


async def test_a_plan_that_fails_is_told_beside_what_was_done(house: House, time: SteadyTime) -> None:
    """The turn has failed, and its report stands."""

    class Planless(Work):
        async def plan(self) -> list[Due]:
            raise Unavailable

    ran = await only(Instance(house, time, Planless(time, 2)), 3)
    assert (ran.failure, ran.report.done) == (Failure("unavailable"), {"steps": 2})


async def test_what_is_planned_is_not_asked_at_each_turn(house: House, time: SteadyTime) -> None:
    """It can be as much work as a turn."""
    work = Work(time)
    instance = Instance(house, time, work)
    await only(instance)
    asked = (await instance.leases.look(JOB)).state.outlook
    assert asked is not None
    await time.live(OUTLOOK_LIFETIME - 1)
    await only(instance)
    assert (await instance.leases.look(JOB)).state.outlook == asked
    await time.live(1)
    await only(instance)
    assert (await instance.leases.look(JOB)).state.outlook == replace(asked, at=time.now)


async def test_a_lease_that_cannot_be_given_up_lapses(house: House, time: SteadyTime) -> None:
    """The turn counts as failed, what it did as done."""
    work = Work(time, 1)
    instance = Instance(house, time, work)
    task = asyncio.create_task(instance.run())
    await settled()
    line_of(house).plan = (Fault(1, Harm.LOST_REQUEST, times=100),)
    line_of(house).steps.clear()
    await time.live(1)
    assert task.done()
    ran = task.result()[JOB]
    assert ran is not None
    assert (ran.failure, ran.report.done) == (Failure("unavailable"), {"steps": 1})
    near = Instance(house.neighbour(line_of(house).inner), time, work, name="other")
    assert (await lived(near, TERM + 2))[JOB] is not None


async def test_a_turn_that_is_cancelled_gives_up_its_lease(house: House, time: SteadyTime) -> None:
    """Nobody has to wait for a process that was ended in the middle of a step."""
    work = Work(time, 10)
    instance = Instance(house, time, work)
    task = asyncio.create_task(instance.run())
    await settled()
    await time.live(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    state = (await Instance(house.neighbour(), time, name="other").leases.look(JOB)).state
    assert state.lease.holder is None
    assert state.last is not None
    assert (state.last.report.unfinished, state.last.steps) == (True, 3)


async def test_a_job_knows_its_lease_s_token(house: House, time: SteadyTime) -> None:
    """Each turn has a greater one."""
    work = Work(time)
    instance = Instance(house, time, work)
    await only(instance)
    await only(instance)
    first, second = work.turns
    assert 0 < first.token < second.token
    assert (await instance.leases.look(JOB)).state.lease.token == second.token


class Endless(Work):
    """A job that always says that it is unfinished and does nothing."""

    async def run(self, turn: Turn) -> Report:
        self.turns.append(turn)
        return Report(unfinished=True)


async def test_a_job_that_gets_nowhere_has_one_turn(house: House, time: SteadyTime) -> None:
    """The command ends, and says that it is unfinished."""
    work = Endless(time)
    ran = await only(Instance(house, time, work))
    assert ran.report.unfinished
    assert len(work.turns) == 1


async def test_what_is_told_wrongly_by_a_job_is_its_fault(house: House, time: SteadyTime) -> None:
    """Progress that cannot be written down ends its turn as failed, and no other job's."""

    class Liar(Work):
        async def run(self, turn: Turn) -> Report:
            wrong: Any = object()
            return Report(done={"x": wrong})

    ran = await only(Instance(house, time, Liar(time)))
    assert ran.failure is not None
    assert ran.failure.code == "fault"
