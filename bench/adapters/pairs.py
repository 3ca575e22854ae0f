"""One call of an adapter beside the same call of its driver, in turns."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

from bench.figures import Row
from bench.scale import Scale, Sizes

Call: TypeAlias = Callable[[int], Awaitable[object]]
"""Makes one call; the number makes its names differ from those of the others."""

Around: TypeAlias = Callable[[range], Awaitable[object]]
"""Prepares the calls of these numbers, or clears away what they have left; takes no time that counts."""

MODES: Final = (1, 16)
"""How many calls are under way at once."""

_TURNS: Final = Sizes(full=9, quick=2)


async def nothing(_: range) -> None:
    """Need neither preparation nor clearing."""


class Side(NamedTuple):
    """One of the two that are compared."""

    call: Call
    before: Around = nothing
    after: Around = nothing


class Pair(NamedTuple):
    """One call of ours, and the same one by the driver alone, through as many threads."""

    label: str
    calls: int
    """How many make a turn."""

    ours: Side
    bare: Side
    size: int = 0
    """How many bytes a call moves, if that is what matters."""

    modes: tuple[int, ...] = MODES


class Compared(NamedTuple):
    """What was found of a pair in one mode; seconds are those of a whole turn's calls, divided by their number."""

    label: str
    at_once: int
    ours: float
    bare: float
    size: int

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.bare

    def row(self, adapter: str) -> Row:
        """Return the rates of both."""
        one, unit = (self.size / 1e6, "MB/s") if self.size else (1.0, "/s")
        label = f"{adapter}: {self.label}" + (f", {self.at_once} at once" if self.at_once > 1 else "")
        return Row(label, one / self.ours, unit, one / self.bare)


async def compared(pair: Pair, scale: Scale) -> list[Compared]:
    """Compare in each mode: both take turns, beginning in turns too, and the best turn of each counts.

    What else the machine does only ever makes a turn longer.
    """
    return [
        Compared(
            pair.label, at_once, *await _best(pair, at_once, _TURNS.at(scale), first=number * 1_000_000), pair.size
        )
        for number, at_once in enumerate(pair.modes, 1)
    ]


async def _best(pair: Pair, at_once: int, turns: int, first: int) -> tuple[float, float]:
    sides = (pair.ours, pair.bare)
    best = [float("inf"), float("inf")]
    for turn in range(turns):
        numbers = range(first + turn * pair.calls, first + (turn + 1) * pair.calls)
        for which in (turn % 2, 1 - turn % 2):
            await sides[which].before(numbers)
            best[which] = min(best[which], await _seconds(sides[which].call, numbers, at_once) / pair.calls)
            await sides[which].after(numbers)
    return best[0], best[1]


async def _seconds(call: Call, numbers: range, at_once: int) -> float:
    left = iter(numbers)

    async def work() -> None:
        for number in left:
            await call(number)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return time.perf_counter() - began
