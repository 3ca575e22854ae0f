"""Servers written with asyncio run beside the tests: on an event loop of their own, in a thread of its own."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final, TypeVar

T = TypeVar("T")

_PATIENCE: Final = 30.0


class Beside:
    """An event loop in another thread; what is called on it is waited for, with a deadline."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T], patience: float = _PATIENCE) -> T:
        """Run a coroutine over there and return its result; raises TimeoutError."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience)


@contextmanager
def beside() -> Iterator[Beside]:
    """Yield a loop that runs for as long as the context."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="test-server", daemon=True)
    thread.start()
    there = Beside(loop)
    try:
        yield there
    finally:
        # Over there too: here another loop may be running.
        there.call(loop.shutdown_asyncgens())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()
