"""Ports whose calls take time: the clock of the test goes on before a call takes effect, and again before it answers.

A fake that answers in no time cannot show whether a time was taken before or after what was asked. What decides about
loss counts from the beginning of a call where a late answer would otherwise be believed for too long.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from functools import wraps
from typing import Any, Final, TypeVar, cast

from tests.fakes.sources import FakeTime

P = TypeVar("P")

DELAY: Final = 2.0
"""How many seconds a call takes where a test does not say."""

Event = Callable[[str], Awaitable[None]]
"""Is given the name of a call that has taken effect, and not answered yet."""


async def nothing(_: str, /) -> None:
    """Nothing happens meanwhile."""


class _Slow:
    """Passes everything on to `inner`; `isinstance` sees the inner object's class."""

    def __init__(
        self, inner: object, time: FakeTime, seconds: float, methods: Collection[str] | None, meanwhile: Event
    ) -> None:
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "_time", time)
        object.__setattr__(self, "_seconds", seconds)
        object.__setattr__(self, "_methods", methods)
        object.__setattr__(self, "_meanwhile", meanwhile)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        inner = own(self, "_inner")
        value = type(inner) if name == "__class__" else getattr(inner, name)
        methods: Collection[str] | None = own(self, "_methods")
        if name.startswith("_") or (methods is not None and name not in methods):
            return value
        time, half, meanwhile = own(self, "_time"), own(self, "_seconds") / 2, own(self, "_meanwhile")
        if inspect.iscoroutinefunction(value):
            return _slow_call(value, time, half, meanwhile)
        if inspect.isasyncgenfunction(value):
            return _slow_stream(value, time, half, meanwhile)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(object.__getattribute__(self, "_inner"), name, value)


def slow(
    port: P,
    time: FakeTime,
    seconds: float = DELAY,
    *,
    methods: Collection[str] | None = None,
    meanwhile: Event = nothing,
) -> P:
    """Return `port` with `seconds` passing inside every call, or inside those of `methods`.

    `meanwhile` is what others do when half of that time is over: the call has taken effect by then, so that its answer
    does not hold what is done meanwhile.
    """
    return cast("P", _Slow(port, time, seconds, methods, meanwhile))


def _slow_call(call: Callable[..., Any], time: FakeTime, half: float, meanwhile: Event) -> Callable[..., Any]:
    @wraps(call)
    async def slowly(*args: object, **kwargs: object) -> object:
        time.go_on(seconds=half)
        try:
            answer = await call(*args, **kwargs)
            await meanwhile(call.__name__)
        finally:
            time.go_on(seconds=half)
        return answer

    return slowly


def _slow_stream(call: Callable[..., Any], time: FakeTime, half: float, meanwhile: Event) -> Callable[..., Any]:
    @wraps(call)
    async def slowly(*args: object, **kwargs: object) -> AsyncIterator[object]:
        time.go_on(seconds=half)
        try:
            answers = [each async for each in call(*args, **kwargs)]
            await meanwhile(call.__name__)
        finally:
            time.go_on(seconds=half)
        for each in answers:
            yield each

    return slowly
