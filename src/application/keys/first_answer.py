"""Asking several who are each enough: the first who answers will do."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from ports.edges import port_errors_only
from ports.errors import PortError

T = TypeVar("T")

HEAD_START: Final = 1.0
"""For how many seconds those who have been asked are waited for before the next one is asked as well."""


class NobodyAnswered(Exception):
    """Everybody was asked and failed; `failures` are what they said."""

    def __init__(self, failures: Sequence[PortError]) -> None:
        super().__init__(*failures)
        self.failures = failures


async def first_answer(asks: Sequence[Callable[[], Coroutine[Any, Any, T]]], *, head_start: float = HEAD_START) -> T:
    """Ask in order, the next one as soon as one fails or takes long, and return the first answer.

    So one who is silent delays nobody by more than the head start. Raises NobodyAnswered.
    """
    failures: list[PortError] = []
    asked: set[asyncio.Task[T]] = set()
    left = list(asks)
    try:
        while left or asked:
            if left:
                asked.add(asyncio.create_task(_isolated(left.pop(0))))
            done, asked = await asyncio.wait(
                asked, timeout=head_start if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failure = task.exception()
                if not isinstance(failure, PortError):
                    return task.result()
                failures.append(failure)
        raise NobodyAnswered(failures)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _isolated(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with port_errors_only():
        return await ask()
