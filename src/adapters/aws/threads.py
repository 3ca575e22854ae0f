"""Calls of the AWS client, which block, in a few threads of their own, each with a deadline."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from adapters.aws.errors import port_error
from ports.edges import port_errors_only
from ports.errors import DeadlineExceeded, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

THREADS: Final = 16
"""How many calls one adapter has under way at once; more wait, and their deadline runs meanwhile."""


class Threads:
    """A few threads for calls that block; a call that is given up or cancelled still runs to its end in its thread."""

    def __init__(self, deadline: float) -> None:
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
        self._deadline = deadline

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns; raises DeadlineExceeded, and the port's error for any other."""
        with port_errors_only():
            return await self._run(self._executor.submit(function, *args, **kwargs))

    async def _run(self, work: Future[T]) -> T:
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            work.add_done_callback(_close_unwanted)
            raise
        except (ClientError, BotoCoreError) as exc:
            raise port_error(exc) from exc
        except TimeoutError as exc:
            work.add_done_callback(_close_unwanted)
            raise DeadlineExceeded("AWS does not answer in time") from exc
        except (HTTPError, OSError) as exc:
            raise Unavailable(f"the connection to AWS ends with {type(exc).__name__}") from exc

    def close(self) -> None:
        """Start nothing new; what runs comes to its end."""
        self._executor.shutdown(wait=False)


def _close_unwanted(done: Future[Any]) -> None:
    """Close what comes when nobody waits for it any more, if it is something that must be closed."""
    if not done.cancelled() and done.exception() is None and hasattr(found := done.result(), "close"):
        found.close()
