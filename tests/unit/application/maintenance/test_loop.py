"""Every job has its turns, whatever becomes of the others; and several instances share them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from application.maintenance.jobs import Due, Report
from application.maintenance.loop import BREATH, Known, Maintenance, Planned
from application.maintenance.settings import Settings
from application.maintenance.states import Failure, JobState
from domain.leases import TERM
from ports.errors import Unavailable
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House, furnished
from tests.fakes.instances import JOB, Instance, Work
from tests.fakes.sources import SteadyTime, settled

PAUSE = Settings().pause_seconds
TURN = Settings().turn_seconds


class Crew:
    """Instances that are ended when the test is."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.time = SteadyTime()
        self._running: list[Instance] = []

    def hire(self, *jobs: Work, name: str = "one", settings: Settings | None = None) -> Instance:
        """Return one more instance, at a line of its own."""
        house = self.house.neighbour(FlakyStorage(self.house.storage), seed=name)
        self._running.append(Instance(house, self.time, *jobs, name=name, settings=settings))
        return self._running[-1]

    async def start(self, *jobs: Work, name: str = "one", settings: Settings | None = None) -> Instance:
        """Return one more instance, which works in the background."""
        instance = self.hire(*jobs, name=name, settings=settings)
        instance.start()
        await settled()
        return instance

    async def close(self) -> None:
        """End all in order."""
        for instance in self._running:
            stopping = asyncio.create_task(instance.stop())
            await self.time.live(3)
            await stopping


@pytest.fixture
async def crew() -> AsyncIterator[Crew]:
    """Yield a crew that nobody belongs to yet."""
    made = Crew(await furnished())
    yield made
    await made.close()


async def test_a_job_that_fails_does_not_keep_the_others_from_their_turn(crew: Crew) -> None:
    """Its failure is told by its code, and the others are done."""
    first, second = Work(crew.time, name="first"), Work(crew.time, name="second")
    first.failures = [Unavailable("out")]
    came = await crew.hire(first, second).run()
    assert [ran and ran.failure for ran in came.values()] == [Failure("unavailable"), None]
    assert list(came) == ["first", "second"]


async def test_in_the_background_a_failure_is_made_up_for_after_the_pause(crew: Crew) -> None:
    """The run goes on for ever, with a pause between two turns."""
    work = Work(crew.time)
    work.failures = [Unavailable("out"), ZeroDivisionError("out")]
    instance = await crew.start(work)
    await crew.time.live(3 * PAUSE)
    assert [ran.failure and ran.failure.code for ran in instance.ran] == ["unavailable", "fault", None, None]


async def test_in_the_background_a_job_that_takes_long_keeps_no_other_waiting(crew: Crew) -> None:
    """Each has its own pace."""
    slow, quick = Work(crew.time, 200, name="slow"), Work(crew.time, name="quick")
    await crew.start(slow, quick)
    await crew.time.live(3 * PAUSE)
    assert (len(slow.turns), len(quick.turns)) == (1, 4)


async def test_what_is_unfinished_goes_on_at_once(crew: Crew) -> None:
    """A turn that ended before its work is followed by another after a breath."""
    work = Work(crew.time, round(TURN) + 50)
    instance = await crew.start(work)
    await crew.time.live(TURN + BREATH + 51)
    assert [ran.report.done for ran in instance.ran] == [{"steps": round(TURN)}, {"steps": 50}]


async def test_a_job_that_is_unfinished_has_turns_until_it_is_done(crew: Crew) -> None:
    """The command says what all of its turns came to."""
    work = Work(crew.time, 25)
    running = asyncio.create_task(crew.hire(work, settings=Settings(turn_seconds=10)).run())
    await settled()
    await crew.time.live(26)
    ran = (await running)[JOB]
    assert ran is not None
    assert (len(work.turns), ran.steps, ran.seconds, ran.report) == (3, 25, 25, Report(done={"steps": 25}))


async def test_turns_that_are_unfinished_do_not_keep_the_others_waiting_for_the_end(crew: Crew) -> None:
    """Each has a turn before the first has its second."""
    long, short = Work(crew.time, 25, name="long"), Work(crew.time, 1, name="short")
    instance = crew.hire(long, short, settings=Settings(turn_seconds=10))
    running = asyncio.create_task(instance.run())
    await settled()
    await crew.time.live(30)
    await running
    assert [ran.job for ran in instance.ran] == ["long", "short", "long", "long"]


async def test_who_is_told_to_end_stops_between_two_steps(crew: Crew) -> None:
    """The lease is given up, and what is left is for the next."""
    work = Work(crew.time, 10)
    instance = crew.hire(work)
    running = asyncio.create_task(instance.run())
    await settled()
    await crew.time.live(3)
    instance.ending.set()
    await crew.time.live(1)
    ran = (await running)[JOB]
    assert ran is not None
    assert (ran.report, work.left) == (Report(done={"steps": 4}, unfinished=True), 6)
    assert (await instance.leases.look(JOB)).state.lease.holder is None
    assert await instance.run() == {}


async def test_an_end_in_the_pause_is_an_end_at_once(crew: Crew) -> None:
    """Nobody waits for the pause to be over."""
    instance = await crew.start(Work(crew.time))
    await crew.time.live(1)
    await instance.stop()
    assert len(instance.ran) == 1


async def test_one_of_two_does_a_job_and_the_other_takes_over_when_it_dies(crew: Crew) -> None:
    """While the first lives the second leaves the job to it; what it knows of the job is told all the same."""
    works = [Work(crew.time), Work(crew.time)]
    first = await crew.start(works[0], name="first")
    await crew.time.live(PAUSE / 2)
    second = await crew.start(works[1], name="second")
    turns = len(works[1].turns)
    await crew.time.live(5 * PAUSE)
    counts = [len(work.turns) for work in works]
    assert sum(counts) <= 8
    assert any(isinstance(event, Known) and event.elsewhere for event in (*first.told, *second.told))
    await first.kill()
    await crew.time.live(2 * PAUSE)
    assert len(works[1].turns) > counts[1] >= turns


async def test_only_one_at_a_time_works_and_a_successor_finishes_what_a_crash_left(crew: Crew) -> None:
    """The lease of the dead lapses before the eyes of the other."""
    work = Work(crew.time, 200)
    first = await crew.start(work, name="first")
    second = await crew.start(work, name="second")
    await crew.time.live(100)
    assert (work.left, second.ran) == (100, [])
    await first.kill()
    work.at_work = 0
    await crew.time.live(2 * PAUSE + 100)
    assert (work.left, work.most_at_work) == (0, 1)
    assert second.ran[0].steps > 90


async def test_the_command_waits_for_a_lease_that_a_crash_has_left(crew: Crew) -> None:
    """A term at the most; then it does the job."""
    work = Work(crew.time, 50)
    first = await crew.start(work, name="first")
    await crew.time.live(5)
    await first.kill()
    running = asyncio.create_task(crew.hire(work, name="command").run())
    await settled()
    await crew.time.live(TERM - 2)
    assert not running.done()
    await crew.time.live(60)
    ran = (await running)[JOB]
    assert ran is not None
    assert ran.steps == 45


async def test_the_command_leaves_a_job_to_who_is_at_it(crew: Crew) -> None:
    """As soon as a renewal shows that somebody lives."""
    await crew.start(Work(crew.time, 100), name="first")
    command = crew.hire(Work(crew.time), name="command")
    running = asyncio.create_task(command.run())
    await settled()
    await crew.time.live(10)
    assert await running == {JOB: None}
    assert isinstance(command.told[-1], Known)
    assert command.told[-1].elsewhere


async def test_the_command_that_is_told_to_end_waits_no_longer(crew: Crew) -> None:
    """Nor does it begin anything."""
    await crew.start(Work(crew.time, 100), name="first")
    command = crew.hire(Work(crew.time), name="command")
    running = asyncio.create_task(command.run())
    await settled()
    command.ending.set()
    await settled()
    assert await running == {JOB: None}


async def test_a_storage_that_is_out_is_a_failure_of_each_job(crew: Crew) -> None:
    """Nothing else happens, and it is told."""
    instance = crew.hire(Work(crew.time, name="first"), Work(crew.time, name="second"))
    line = instance.house.storage
    assert isinstance(line, FlakyStorage)
    line.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000),)
    came = await instance.run()
    assert [ran and ran.failure for ran in came.values()] == [Failure("unavailable")] * 2
    assert instance.ran == list(came.values())


async def test_who_is_told_and_fails_stops_no_job(crew: Crew) -> None:
    """It is told as a fault, which can be told."""
    told: list[object] = []

    def tell(event: object) -> None:
        told.append(event)
        if len(told) == 1:
            raise ZeroDivisionError

    instance = crew.hire(Work(crew.time))
    came = (await instance.maintenance.run(tell, instance.ending, [JOB]))[JOB]
    assert came is not None
    assert came.failure is not None
    assert (came.failure.code, told[-1]) == ("fault", came)


async def test_plans_are_told_by_job_and_one_that_fails_hides_no_other(crew: Crew) -> None:
    """In the order of the jobs."""

    class Planless(Work):
        async def plan(self) -> list[Due]:
            raise Unavailable("out")

    planned = Work(crew.time, name="second")
    planned.due = [Due(at=crew.time.now, what="work")]
    maintenance = crew.hire(Planless(crew.time, name="first"), planned).maintenance
    assert await maintenance.plan(maintenance.names) == [
        Planned("first", (), Failure("unavailable")),
        Planned("second", tuple(planned.due)),
    ]
    assert await maintenance.plan(["second"]) == [Planned("second", tuple(planned.due))]


async def test_how_each_job_stands_is_known_to_all(crew: Crew) -> None:
    """Also what another instance has done."""
    instance = crew.hire(Work(crew.time, name="first"), Work(crew.time, name="second"))
    await instance.maintenance.run(instance.told.append, instance.ending, ["first"])
    other: Maintenance = crew.hire(*instance.jobs, name="other").maintenance
    states = await other.states(["first", "second"])
    assert states["first"].last == instance.ran[0]
    assert states["second"] == JobState()


async def test_what_was_done_before_another_took_over_is_told(crew: Crew) -> None:
    """A job of several turns that somebody else takes between two of them is not told as nothing."""
    jobs = Work(crew.time, 25), Work(crew.time, 10, name="meanwhile")
    command = crew.hire(*jobs, name="command", settings=Settings(turn_seconds=10))
    running = asyncio.create_task(command.run())
    await settled()
    await crew.time.live(12)
    await crew.start(Work(crew.time, 100), name="other")
    await crew.time.live(30)
    ran = (await running)[JOB]
    assert ran is not None
    assert ran.report == Report(done={"steps": 10}, unfinished=True)
