"""Cloud Storage's library blocks, so it is called in a few threads of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from ports.edges import port_errors_only

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A few threads; a call that is given up or cancelled still runs to its end in its thread."""

    def __init__(self, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="gcs")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns; raises the port's errors alone."""
        with port_errors_only():
            work = self._executor.submit(function, *args, **kwargs)
            try:
                return await asyncio.wrap_future(work)
            except asyncio.CancelledError:
                work.add_done_callback(_close_unwanted)
                raise

    def start(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the function run, and wait for nothing."""
        self._executor.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Start nothing new; what has been asked for comes to its end."""
        self._executor.shutdown(wait=False)


def _close_unwanted(done: Future[Any]) -> None:
    """Close what comes when nobody waits for it any more, if it is something that must be closed."""
    if not done.cancelled() and done.exception() is None and hasattr(found := done.result(), "close"):
        found.close()
