"""Two processes, of which only the one that holds the baton may ask its stores for anything."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tests.fakes.flaky import FlakyStorage
from tests.fakes.storage import MemoryStorage

T = TypeVar("T")


class Baton:
    """Hands itself on as the schedule says: a name for each call. At its end whoever is left goes on to their end.

    Until `begin`, everybody may ask for what they like.
    """

    def __init__(self, schedule: Sequence[str], names: Sequence[str]) -> None:
        self._schedule = list(schedule)
        self._going = list(names)
        self._begun = False
        self.calls = dict.fromkeys(names, 0)
        """How many calls each process has made."""

    def begin(self) -> None:
        """Let the schedule be in force from now on."""
        self._begun = True

    async def wait(self, name: str) -> None:
        """Return when it is this process's turn to make one call."""
        if not self._begun:
            return
        while self._whose() != name:
            await asyncio.sleep(0)
        self.calls[name] += 1
        if self._schedule:
            self._schedule.pop(0)

    async def carried(self, name: str, work: Awaitable[T]) -> T:
        """Do the work of a process; its turns pass to the others when it is done."""
        try:
            return await work
        finally:
            self._going.remove(name)

    def _whose(self) -> str:
        while self._schedule and self._schedule[0] not in self._going:
            self._schedule.pop(0)
        return self._schedule[0] if self._schedule else self._going[0]


class Scheduled(FlakyStorage):
    """A storage as one of the processes sees it."""

    def __init__(self, inner: MemoryStorage, baton: Baton, name: str) -> None:
        super().__init__(inner)
        self._baton = baton
        self._name = name

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        await self._baton.wait(self._name)
        return await super()._step(method, call, half)


def copied(storage: MemoryStorage) -> MemoryStorage:
    """Return a storage that holds the same and goes its own way."""
    copy = MemoryStorage()
    copy.records = dict(storage.records)
    return copy
