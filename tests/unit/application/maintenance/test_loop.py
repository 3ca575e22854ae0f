"""Every job has its turn in every run, whatever becomes of the others."""

import asyncio

import pytest

from application.maintenance.jobs import Due, Progress, Report, Turn
from application.maintenance.loop import PAUSE, TURN, Ran, run_for_ever, run_once
from ports.errors import Unavailable
from tests.fakes.sources import FakeTime


class Task:
    """A job that counts its turns, and fails for as long as it is told to."""

    def __init__(self, name: str, failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.turns = 0

    async def plan(self) -> list[Due]:
        return []

    async def run(self, turn: Turn) -> Report:
        self.turns += 1
        if self.turns <= self.failures:
            raise Unavailable("out")
        return Report(done={"done": self.turns})


async def test_a_job_that_fails_does_not_keep_the_others_from_their_turn() -> None:
    """Its failure is told by its code, and the others are done."""
    told: list[Ran] = []
    jobs = [Task("first", failures=1), Task("second")]
    ran = await run_once(jobs, FakeTime().monotonic, told.append)
    assert ran == told
    assert ran == [Ran(job="first", failure="unavailable"), Ran(job="second", report=Report(done={"done": 1}))]


async def test_a_failure_is_made_up_for_in_the_next_run() -> None:
    """The run goes on for ever, with a pause before each turn."""
    job, pauses = Task("only", failures=1), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    told: list[Ran] = []
    with pytest.raises(asyncio.CancelledError):
        await run_for_ever([job], FakeTime().monotonic, pause, told.append)
    assert pauses == [PAUSE.total_seconds()] * 3
    assert [each.failure for each in told] == ["unavailable", None]


def test_a_turn_ends_with_its_time_or_when_it_is_told() -> None:
    """Whichever comes first; asking does not use it up."""
    time, allowed = FakeTime(), [True]
    turn = Turn(time.monotonic, TURN.total_seconds(), may_go_on=lambda: allowed[0])
    assert not turn.is_over()
    allowed[0] = False
    assert turn.is_over()
    allowed[0] = True
    time.go_on(seconds=TURN.total_seconds())
    assert turn.is_over()


def test_progress_is_told_as_it_is_made() -> None:
    """The total is known from when somebody has counted."""
    told: list[Progress] = []
    turn = Turn(FakeTime().monotonic, 1, told=told.append)
    turn.advance()
    turn.advance(2, total=10)
    turn.advance()
    assert told == [Progress(1), Progress(3, 10), Progress(4, 10)]
