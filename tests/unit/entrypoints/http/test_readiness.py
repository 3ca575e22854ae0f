"""Readiness is told in time, whatever its parts do."""

import asyncio

from entrypoints.http.readiness import OK, Readiness
from ports.errors import NotFound, Unavailable

SOON = 0.01


class Part:
    """A part that answers once it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.asked = 0

    async def check(self) -> None:
        """Wait to be told."""
        self.asked += 1
        await self.answer.wait()


async def well() -> None:
    """Answer."""


async def test_each_part_is_told_by_its_name() -> None:
    """What it raises is told by its code."""

    async def out() -> None:
        raise Unavailable

    async def missing() -> None:
        raise NotFound

    states = await Readiness({"a": well, "b": out, "c": missing}).states()
    assert states == {"a": "ok", "b": "unavailable", "c": "not-found"}


async def test_a_silent_part_delays_the_others_by_the_patience_alone() -> None:
    """Of several that are silent too."""
    states = await Readiness({"a": Part().check, "b": Part().check, "c": well}, patience=SOON).states()
    assert states == {"a": "deadline-exceeded", "b": "deadline-exceeded", "c": "ok"}


async def test_a_silent_part_is_asked_once_until_it_answers() -> None:
    """However often readiness is asked for meanwhile; then it is asked anew."""
    part = Part()
    readiness = Readiness({"a": part.check}, patience=SOON)
    for _ in range(3):
        assert await readiness.states() == {"a": "deadline-exceeded"}
    assert part.asked == 1
    part.answer.set()
    assert await readiness.states() == {"a": "ok"}
    assert await readiness.states() == {"a": "ok"}
    assert part.asked == 2


async def test_an_old_answer_is_not_told() -> None:
    """What a part has answered after all, too late, says nothing of how it is now."""
    fails = [Unavailable()]
    part = Part()

    async def check() -> None:
        await part.check()
        if fails:
            raise fails.pop()

    readiness = Readiness({"a": check}, patience=SOON)
    assert await readiness.states() == {"a": "deadline-exceeded"}
    part.answer.set()
    await asyncio.sleep(SOON)
    assert await readiness.states() == {"a": "ok"}


async def test_two_may_ask_at_once() -> None:
    """They share one question and its answer."""
    part = Part()
    readiness = Readiness({"a": part.check}, patience=5)
    asyncio.get_running_loop().call_later(SOON, part.answer.set)
    assert [*await asyncio.gather(readiness.states(), readiness.states())] == [{"a": "ok"}, {"a": "ok"}]
    assert part.asked == 1


async def test_what_nobody_expects_is_the_outage_of_one_part() -> None:
    """The states of the others are told all the same."""

    async def check() -> None:
        raise ZeroDivisionError

    async def well() -> None:
        """Answer."""

    assert await Readiness({"a": check, "b": well}).states() == {"a": Unavailable.code, "b": OK}
