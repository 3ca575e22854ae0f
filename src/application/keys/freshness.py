"""What may be believed for a while: a bounded memory whose entries grow old, each fetched once at a time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, NamedTuple, TypeVar

from ports.sources import Monotonic

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Entry(NamedTuple, Generic[V]):
    value: V
    until: float


class FreshMemory(Generic[K, V]):
    """Remembers at most `bound` values, none for longer than `lifetime` seconds since its fetching began."""

    def __init__(self, monotonic: Monotonic, *, lifetime: float, bound: int) -> None:
        self._monotonic = monotonic
        self._lifetime = lifetime
        self._bound = bound
        self._entries: dict[K, _Entry[V]] = {}
        self._fetches: dict[K, asyncio.Task[V]] = {}

    def peek(self, key: K) -> V | None:
        """Return the value if it is remembered and still fresh."""
        entry = self._entries.get(key)
        if entry is None or entry.until <= self._monotonic():
            return None
        return entry.value

    async def get(self, key: K, fetch: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return the remembered value, or what `fetch` returns; all who ask meanwhile share one fetch and its error.

        A caller that is cancelled leaves the fetch to the others.
        """
        value = self.peek(key)
        return await asyncio.shield(self._begin(key, fetch)) if value is None else value

    def refresh(self, key: K, fetch: Callable[[], Coroutine[Any, Any, V]]) -> None:
        """Begin to fetch a value that is not remembered or no longer fresh, without waiting for it or for its error."""
        if self.peek(key) is None:
            self._begin(key, fetch)

    def forget(self, key: K) -> None:
        """Forget one value; a fetch that is under way may still bring it back."""
        self._entries.pop(key, None)

    async def close(self) -> None:
        """Forget everything and stop every fetch."""
        fetches = list(self._fetches.values())
        for task in fetches:
            task.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)
        self._entries.clear()

    def _begin(self, key: K, fetch: Callable[[], Coroutine[Any, Any, V]]) -> asyncio.Task[V]:
        task = self._fetches.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(key, fetch))
            self._fetches[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return task

    async def _fetch(self, key: K, fetch: Callable[[], Coroutine[Any, Any, V]]) -> V:
        until = self._monotonic() + self._lifetime
        value = await fetch()
        self._entries.pop(key, None)
        self._entries[key] = _Entry(value, until)
        self._sweep()
        asyncio.get_running_loop().call_later(self._lifetime, self._sweep)
        return value

    def _sweep(self) -> None:
        """Drop what is stale or too much from the oldest on, also where nobody asks any more: entries may be secret."""
        now = self._monotonic()
        while self._entries:
            oldest = next(iter(self._entries))
            if len(self._entries) <= self._bound and self._entries[oldest].until > now:
                return
            del self._entries[oldest]

    def _finished(self, key: K, task: asyncio.Task[V]) -> None:
        """Take note of the error too, which nobody else does when all callers have been cancelled."""
        del self._fetches[key]
        if not task.cancelled():
            task.exception()
