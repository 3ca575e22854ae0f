"""Blocking calls to the file system, in a few threads of their own, each with a deadline."""

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from ports.edges import port_errors_only
from ports.errors import DeadlineExceeded, NotFound, PermissionDenied, PortError, ReadOnly, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE: Final = 10.0
"""How many seconds a call may take: a local disk that needs longer is broken."""


class Threads:
    """A few threads for calls that block; a call that is given up or cancelled still runs to its end in its thread."""

    def __init__(self, count: int, deadline: float = DEADLINE) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="local")
        self._deadline = deadline

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns; raises DeadlineExceeded, and the port's error for any other."""
        with port_errors_only():
            work = asyncio.get_running_loop().run_in_executor(self._executor, lambda: function(*args, **kwargs))
            try:
                async with asyncio.timeout(self._deadline):
                    return await work
            except OSError as exc:
                raise port_error(exc) from exc

    def start(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the function run when there is a thread for it, and wait for nothing."""
        self._executor.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Start nothing new; what runs comes to its end."""
        self._executor.shutdown(wait=False)


def port_error(error: OSError) -> PortError:
    """Say it in the ports' words; by the error's number alone, because its text may hold a blob's name."""
    phrase = f"the file system answers {errno.errorcode.get(error.errno or 0, type(error).__name__)}"
    if isinstance(error, TimeoutError):
        return DeadlineExceeded("the file system does not answer in time")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(phrase)
    if isinstance(error, PermissionError):
        return PermissionDenied(phrase)
    return ReadOnly(phrase) if error.errno == errno.EROFS else Unavailable(phrase)
