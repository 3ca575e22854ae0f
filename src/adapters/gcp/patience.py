"""How long, and how often, Google Cloud is asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ports.errors import DeadlineExceeded, Unavailable
from ports.sources import Sleep

T = TypeVar("T")

PAUSES: Final = (0.05, 0.25)
"""How many seconds to wait before each further attempt."""


class Patience:
    """Asks again, a few times and within one deadline, what may be asked twice."""

    def __init__(self, deadline: float, sleep: Sleep = asyncio.sleep) -> None:
        self.deadline = deadline
        """How many seconds a call may take, all its attempts together."""

        self._sleep = sleep

    async def once(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what the attempt returns; raises DeadlineExceeded too."""
        try:
            async with asyncio.timeout(self.deadline):
                return await attempt()
        except TimeoutError as exc:
            raise DeadlineExceeded("Google Cloud does not answer in time") from exc

    async def again(self, attempt: Callable[[], Awaitable[T]], passing: type[Unavailable] = Unavailable) -> T:
        """Attempt it anew while it ends in a `passing` error, but not for want of time; the last error is raised."""
        return await self.once(lambda: self._attempts(attempt, passing))

    async def _attempts(self, attempt: Callable[[], Awaitable[T]], passing: type[Unavailable]) -> T:
        for pause in PAUSES:
            try:
                return await attempt()
            except DeadlineExceeded:
                raise
            except passing:
                await self._sleep(pause)
        return await attempt()
