"""Commands that go on until they are told to end, and then end in order."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """Yield what is set when SIGTERM or Ctrl-C comes. A second signal does not wait for the end any more."""
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def as_before() -> None:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

    def end() -> None:
        ending.set()
        as_before()

    for number in _SIGNALS:
        loop.add_signal_handler(number, end)
    try:
        yield ending
    finally:
        as_before()
