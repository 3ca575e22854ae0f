"""What an event causes is answered soon and done to its end."""

import asyncio
import logging

import pytest

from entrypoints.http.event_work import EventWork
from ports.errors import Unavailable


class Work:
    """Something that goes on until it is let go."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.may_end = asyncio.Event()
        self.done = False
        self._failure = failure

    async def run(self) -> None:
        """Wait, then end."""
        await self.may_end.wait()
        if self._failure is not None:
            raise self._failure
        self.done = True


async def test_what_is_soon_done_is_done_when_the_call_returns() -> None:
    """Its failure is the caller's."""
    work, failing = Work(), Work(Unavailable("out"))
    for each in (work, failing):
        each.may_end.set()
    events = EventWork()
    await events.run(work.run())
    assert work.done
    with pytest.raises(Unavailable):
        await events.run(failing.run())


async def test_what_takes_long_goes_on_without_the_caller() -> None:
    """The call returns in time, and the work is done to its end."""
    work, events = Work(), EventWork(within=0)
    await events.run(work.run())
    assert not work.done
    work.may_end.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert work.done


async def test_what_fails_later_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for it any more; the line says what kind of failure it was."""
    work, events = Work(Unavailable("canary")), EventWork(within=0)
    with caplog.at_level(logging.WARNING):
        await events.run(work.run())
        work.may_end.set()
        for _ in range(3):
            await asyncio.sleep(0)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is Unavailable
    assert "canary" not in record.getMessage()


async def test_what_is_worked_on_at_once_is_bounded() -> None:
    """What goes on after its answer counts; one too many is refused with nothing begun."""
    first, second, events = Work(), Work(), EventWork(within=0, at_once=1)
    await events.run(first.run())
    second.may_end.set()
    with pytest.raises(Unavailable):
        await events.run(second.run())
    first.may_end.set()
    await events.settle()
    assert (first.done, second.done) == (True, False)
    await events.run(second.run())
    await events.settle()
    assert second.done


async def test_closing_breaks_off_what_goes_on() -> None:
    """No task is left behind, and nothing is logged as a failure."""
    work, events = Work(), EventWork(within=0)
    await events.run(work.run())
    await events.close()
    assert not work.done
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_a_caller_that_leaves_leaves_the_work_to_go_on() -> None:
    """Forge may close the connection before it has its answer."""
    work, events = Work(), EventWork()
    caller = asyncio.create_task(events.run(work.run()))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    work.may_end.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert work.done
