"""Of several who are each enough, the first who answers is heard, and nobody who is silent is waited for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from application.keys.first_answer import NobodyAnswered, first_answer
from ports.errors import Corrupt, Unavailable, Unexpected
from tests.patience import patience

SOON = 0.01


class Asked:
    """Remembers who was asked, in order, and who was given up."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.given_up: list[str] = []

    def answers(self, name: str) -> Callable[[], Coroutine[Any, Any, str]]:
        """Return somebody who answers with a name."""

        async def ask() -> str:
            self.order.append(name)
            return name

        return ask

    def fails(self, name: str, error: Exception) -> Callable[[], Coroutine[Any, Any, str]]:
        """Return somebody who fails."""

        async def ask() -> str:
            self.order.append(name)
            raise error

        return ask

    def silent(self, name: str, answer: asyncio.Event | None = None) -> Callable[[], Coroutine[Any, Any, str]]:
        """Return somebody who answers when told so, if ever."""

        async def ask() -> str:
            self.order.append(name)
            try:
                await (answer or asyncio.Event()).wait()
            except asyncio.CancelledError:
                self.given_up.append(name)
                raise
            return name

        return ask


async def test_the_first_is_asked_alone() -> None:
    """Whoever comes later is not troubled while the first answers."""
    asked = Asked()
    assert await first_answer([asked.answers("a"), asked.answers("b")]) == "a"
    assert asked.order == ["a"]


async def test_the_next_is_asked_when_one_fails() -> None:
    """At once, without waiting for the head start to pass."""
    asked = Asked()
    asks = [asked.fails("a", Unavailable()), asked.fails("b", Corrupt()), asked.answers("c")]
    async with asyncio.timeout(patience(5)):
        assert await first_answer(asks, head_start=60) == "c"
    assert asked.order == ["a", "b", "c"]


async def test_the_next_is_asked_when_one_is_silent() -> None:
    """Who is silent is given up once somebody else has answered."""
    asked = Asked()
    assert await first_answer([asked.silent("a"), asked.silent("b"), asked.answers("c")], head_start=SOON) == "c"
    assert asked.order == ["a", "b", "c"]
    assert sorted(asked.given_up) == ["a", "b"]


async def test_one_who_answers_late_is_heard() -> None:
    """Where the others have failed meanwhile."""
    asked, answer = Asked(), asyncio.Event()
    asks = [asked.silent("a", answer), asked.fails("b", Unavailable())]
    asyncio.get_running_loop().call_later(5 * SOON, answer.set)
    assert await first_answer(asks, head_start=SOON) == "a"
    assert asked.order == ["a", "b"]


async def test_what_everybody_said_is_told_where_nobody_answered() -> None:
    """In the order in which they failed."""
    asked = Asked()
    with pytest.raises(NobodyAnswered) as told:
        await first_answer([asked.fails("a", Unavailable("a")), asked.fails("b", Corrupt("b"))])
    assert [str(failure) for failure in told.value.failures] == ["a", "b"]
    with pytest.raises(NobodyAnswered) as told:
        await first_answer([])
    assert told.value.failures == []


async def test_what_nobody_expects_is_the_failure_of_one() -> None:
    """The others are asked all the same, and the failure tells what it was."""
    asked = Asked()
    defect = ZeroDivisionError()
    assert await first_answer([asked.fails("a", defect), asked.answers("b")]) == "b"
    with pytest.raises(NobodyAnswered) as raised:
        await first_answer([asked.fails("a", defect)])
    assert [type(failure) for failure in raised.value.failures] == [Unexpected]
    assert raised.value.failures[0].__cause__ is defect


async def test_whoever_asks_may_be_cancelled() -> None:
    """Nobody goes on being asked then."""
    asked = Asked()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(patience(5 * SOON)):
            await first_answer([asked.silent("a"), asked.silent("b")], head_start=SOON)
    assert sorted(asked.given_up) == ["a", "b"]
