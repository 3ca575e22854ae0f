"""Maintenance goes on beside the requests, whatever happens, until the server ends."""

import asyncio
import io
import json
from collections.abc import Callable

import pytest

from application.maintenance.jobs import Report, Turn
from application.maintenance.settings import Settings
from application.maintenance.states import Ran
from entrypoints.http.background import in_background
from entrypoints.http.logs import open_log
from tests.fakes.house import House, furnished
from tests.fakes.instances import JOB, Instance, Work
from tests.fakes.sources import SteadyTime, settled
from tests.patience import patience

SOON = Settings(pause_seconds=0.01)


@pytest.fixture
async def house() -> House:
    """Return a house with keys."""
    return await furnished()


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    async with asyncio.timeout(patience(5)):
        while not happened():
            await asyncio.sleep(0.001)


async def test_jobs_are_done_for_as_long_as_the_server_serves(house: House) -> None:
    """Every listener is told; in the end the lease is free."""
    time, heard = SteadyTime(), list[object]()
    instance = Instance(house, time, Work(time))
    listeners = (instance.told.append, heard.append)
    async with in_background(instance.maintenance, instance.ending, listeners, open_log(io.BytesIO(), time.clock)):
        await settled()
        await time.live(2 * instance.maintenance.settings.pause_seconds)
    assert len(instance.ran) == 3
    assert heard == instance.told
    assert (await instance.leases.look(JOB)).state.lease.holder is None


async def test_where_somebody_else_does_it_nothing_is_done(house: House) -> None:
    """As the settings say."""
    time = SteadyTime()
    instance = Instance(house, time, Work(time), settings=Settings(background=False))
    async with in_background(instance.maintenance, instance.ending, (), open_log(io.BytesIO(), time.clock)):
        await settled()
        await time.live(100)
    assert instance.jobs[0].turns == []


async def test_a_step_that_takes_too_long_is_cut_off_in_the_end(house: House) -> None:
    """Its lease is given up all the same."""
    time = SteadyTime()
    instance = Instance(house, time, Work(time, 1))
    log = open_log(io.BytesIO(), time.clock)
    async with in_background(instance.maintenance, instance.ending, (), log, grace=0.01):
        await settled()
    assert instance.jobs[0].left == 1
    assert (await instance.leases.look(JOB)).state.lease.holder is None


async def test_a_fault_of_the_run_itself_is_logged_and_it_begins_again(house: House) -> None:
    """Here one of those who are told is faulty, and told of that too."""
    time, stream = SteadyTime(), io.BytesIO()
    instance = Instance(house, time, Work(time), settings=SOON)
    failures = 3

    def faulty(event: object) -> None:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise ZeroDivisionError

    listeners = (faulty, instance.told.append)
    async with in_background(instance.maintenance, instance.ending, listeners, open_log(stream, time.clock)):
        await until(lambda: any(ran.failure is None for ran in instance.ran))
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"]) == ("fault", "error")
    assert line["where"].startswith("ZeroDivisionError at test_background.py:")


class Stubborn(Work):
    """A job that does not look whether its turn is over."""

    async def run(self, turn: Turn) -> Report:
        self.turns.append(turn)
        await asyncio.sleep(0.05)
        return Report(done={"x": 1})


async def test_a_step_under_way_is_let_end(house: House) -> None:
    """And what came of it is told."""
    time = SteadyTime()
    instance = Instance(house, time, Stubborn(time))
    async with in_background(
        instance.maintenance, instance.ending, (instance.told.append,), open_log(io.BytesIO(), time.clock)
    ):
        await until(lambda: bool(instance.jobs[0].turns))
    assert [event.report.done for event in instance.told if isinstance(event, Ran)] == [{"x": 1}]
