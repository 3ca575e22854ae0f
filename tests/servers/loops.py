"""Servers written with asyncio run beside the tests: on an event loop of their own, in a thread of its own."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final, TypeVar

from tests.patience import patience

T = TypeVar("T")

_PATIENCE: Final = 30.0


class Beside:
    """An event loop in another thread; what is called on it is waited for, with a deadline."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T], seconds: float = _PATIENCE) -> T:
        """Run a coroutine over there and return its result; raises TimeoutError."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience(seconds))


@contextmanager
def beside() -> Iterator[Beside]:
    """Yield a loop that runs for as long as the context."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=_run, args=(loop,), name="test-server", daemon=True)
    thread.start()
    try:
        yield Beside(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(patience(_PATIENCE))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run until it is stopped, and then what is still under way to its end, all in this thread."""
    loop.run_forever()
    loop.run_until_complete(_end())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


async def _end() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
