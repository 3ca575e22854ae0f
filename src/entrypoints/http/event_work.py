"""What Forge's events cause: answered soon, done to its end."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from ports.errors import Unavailable

ANSWERED_WITHIN: Final = 0.8
"""Seconds after which an event is acknowledged though what it causes goes on: Forge repeats what takes five."""

AT_ONCE: Final = 200
"""How many events may be worked on at once, those that go on after their answer included."""

_LOG: Final = logging.getLogger(__name__)


class EventWork:
    """Runs what an event causes beside the request that told of it.

    What fails before the answer is the answer, so that Forge tries again. What fails after it is logged and not tried
    again: the next call of the installation causes the same, since each is idempotent and an hour away at the most.
    """

    def __init__(self, within: float = ANSWERED_WITHIN, at_once: int = AT_ONCE) -> None:
        self.within = within
        self._at_once = at_once
        self._tasks = set[asyncio.Task[None]]()

    async def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Return when the work is done, or goes on without the caller; raises what it raises until then.

        Raises Unavailable, with nothing begun, where too much is worked on: Forge then tells of the event again.
        """
        if len(self._tasks) >= self._at_once:
            work.close()
            raise Unavailable("too many events at once")
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=self.within)
        if task.done():
            return task.result()
        task.add_done_callback(_log_failure)
        return None

    async def settle(self) -> None:
        """Return when nothing goes on any more."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Break off what goes on."""
        for task in self._tasks:
            task.cancel()
        await self.settle()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.warning("an event was acknowledged and not carried out", exc_info=error)
