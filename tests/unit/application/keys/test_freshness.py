"""What is remembered is fresh, bounded, and fetched once at a time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from application.keys.freshness import FreshMemory
from ports.errors import Unavailable
from tests.fakes.sources import FakeTime
from tests.patience import patience


class Source:
    """Gives the number of its fetches, when it is allowed to."""

    def __init__(self) -> None:
        self.fetches = 0
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.failure: Exception | None = None

    async def fetch(self) -> int:
        """Wait until the source is open."""
        self.fetches += 1
        self.asked.set()
        await self.open.wait()
        if self.failure:
            raise self.failure
        return self.fetches


def memory(time: FakeTime, bound: int = 3) -> FreshMemory[str, int]:
    """A memory of a minute."""
    return FreshMemory(time.monotonic, lifetime=60, bound=bound)


def at_once(value: int) -> Callable[[], Coroutine[Any, Any, int]]:
    """A fetch that needs no time."""

    async def fetch() -> int:
        return value

    return fetch


async def test_a_value_is_remembered_for_its_lifetime_and_no_longer() -> None:
    """The last moment of the lifetime is too late."""
    time = FakeTime()
    fresh = memory(time)
    assert fresh.peek("a") is None
    assert await fresh.get("a", at_once(1)) == 1
    time.go_on(seconds=59.9)
    assert (fresh.peek("a"), await fresh.get("a", at_once(2))) == (1, 1)
    time.go_on(seconds=0.1)
    assert fresh.peek("a") is None
    assert await fresh.get("a", at_once(2)) == 2


async def test_a_value_is_as_old_as_the_question() -> None:
    """The lifetime begins before the fetch, because what it brings may have been read at its very start."""
    time, source = FakeTime(), Source()
    fresh = memory(time)
    asking = asyncio.create_task(fresh.get("a", source.fetch))
    await source.asked.wait()
    time.go_on(seconds=59)
    source.open.set()
    await asking
    assert fresh.peek("a") == 1
    time.go_on(seconds=1)
    assert fresh.peek("a") is None


async def test_no_more_is_remembered_than_the_bound() -> None:
    """The oldest goes first; a value that is fetched again is young again."""
    time = FakeTime()
    fresh = memory(time)
    for key in "abc":
        await fresh.get(key, at_once(1))
    await fresh.get("d", at_once(1))
    assert [fresh.peek(key) for key in "abcd"] == [None, 1, 1, 1]
    time.go_on(seconds=60)
    await fresh.get("c", at_once(2))
    for key in "ab":
        await fresh.get(key, at_once(2))
    assert [fresh.peek(key) for key in "abcd"] == [2, 2, 2, None]


async def test_what_is_stale_is_dropped_where_nobody_asks() -> None:
    """Secrets do not wait in memory for somebody to ask for them."""
    time = FakeTime()
    fresh: FreshMemory[str, Secret] = FreshMemory(time.monotonic, lifetime=0.01, bound=3)
    dropped = asyncio.Event()

    async def fetch() -> Secret:
        return Secret(dropped)

    await fresh.get("a", fetch)
    assert not dropped.is_set()
    time.go_on(seconds=1)
    async with asyncio.timeout(patience(5)):
        await dropped.wait()


async def test_all_who_ask_meanwhile_share_one_fetch() -> None:
    """Each key has a fetch of its own."""
    source = Source()
    fresh = memory(FakeTime())
    asking = [asyncio.create_task(fresh.get("a", source.fetch)) for _ in range(5)]
    await source.asked.wait()
    source.open.set()
    assert await asyncio.gather(*asking) == [1] * 5
    assert await fresh.get("b", source.fetch) == 2


async def test_a_failure_is_shared_and_not_remembered() -> None:
    """All who wait are told; whoever comes later tries anew."""
    source = Source()
    source.failure = Unavailable("out")
    fresh = memory(FakeTime())
    asking = [asyncio.create_task(fresh.get("a", source.fetch)) for _ in range(3)]
    await source.asked.wait()
    source.open.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    source.failure = None
    assert await fresh.get("a", source.fetch) == 2


async def test_who_is_cancelled_leaves_the_fetch_to_the_others() -> None:
    """One impatient caller costs nobody else anything."""
    source = Source()
    fresh = memory(FakeTime())
    impatient, patient = (asyncio.create_task(fresh.get("a", source.fetch)) for _ in range(2))
    await source.asked.wait()
    impatient.cancel()
    source.open.set()
    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_failure_that_nobody_waits_for_is_quiet() -> None:
    """An error after the last caller has left disturbs nobody: the next one is told its own."""
    source = Source()
    source.failure = Unavailable("out")
    fresh = memory(FakeTime())
    asking = asyncio.create_task(fresh.get("a", source.fetch))
    await source.asked.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    source.open.set()
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await fresh.get("a", source.fetch)


async def test_closing_forgets_everything_and_stops_every_fetch() -> None:
    """Nothing is remembered or fetched afterwards."""
    source = Source()
    fresh = memory(FakeTime())
    await fresh.get("a", at_once(1))
    asking = asyncio.create_task(fresh.get("b", source.fetch))
    await source.asked.wait()
    await fresh.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (fresh.peek("a"), fresh.peek("b")) == (None, None)


class Secret:
    """Tells when nobody remembers it any more."""

    def __init__(self, dropped: asyncio.Event) -> None:
        self._dropped = dropped

    def __del__(self) -> None:
        self._dropped.set()


async def test_what_is_forgotten_is_fetched_again() -> None:
    """One value is forgotten, and only that one; to forget what is not there is no error."""
    known = memory(FakeTime())
    for key in ("a", "b"):
        await known.get(key, at_once(1))
    known.forget("a")
    known.forget("never")
    assert (known.peek("a"), known.peek("b")) == (None, 1)
    assert await known.get("a", at_once(2)) == 2


async def test_refreshing_waits_for_nothing() -> None:
    """One fetch is begun, shared by whoever asks meanwhile; none for what is fresh, and its error is nobody's."""
    time, source = FakeTime(), Source()
    fresh = memory(time)
    for _ in range(2):
        fresh.refresh("a", source.fetch)
    await source.asked.wait()
    assert (fresh.peek("a"), source.fetches) == (None, 1)
    source.open.set()
    assert await fresh.get("a", at_once(7)) == 1
    fresh.refresh("a", source.fetch)
    time.go_on(seconds=60)
    source.failure = Unavailable("out")
    fresh.refresh("a", source.fetch)
    with pytest.raises(Unavailable):
        await fresh.get("a", at_once(7))
    assert (fresh.peek("a"), source.fetches) == (None, 2)
