"""Drivers that raise what nobody expects of them, and what an adapter is to make of that."""

import asyncio
import io
import os
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from json import JSONDecodeError
from typing import Any, Final

import pytest

from ports.errors import Unavailable

SECRET: Final = "what a customer typed"
"""Stands in every driver's error, as it does in those of real ones."""

ERRORS: Final = (
    RuntimeError(SECRET),
    KeyError(SECRET),
    JSONDecodeError(SECRET, SECRET, 0),
    UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
    ssl.SSLError(SECRET),
    struct.error(SECRET),
    MemoryError(SECRET),
)
"""From decoders, the TLS library, the machine: of no class that any driver documents."""


def unexpected() -> Iterator[Exception]:
    """Return them one after another, without end."""
    return cycle(ERRORS)


@contextmanager
def broken(*places: tuple[object, str]) -> Iterator[None]:
    """Have the functions of a driver raise them, each call the next one."""
    errors = unexpected()

    def breaks(*_: Any, **__: Any) -> None:
        raise next(errors)

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in places:
            patch.setattr(owner, name, breaks)
        yield


@contextmanager
def broken_files() -> Iterator[None]:
    """Have the file system raise them."""
    with broken((io, "open"), (os, "open"), (os, "scandir"), (os, "stat"), (os, "fsync")):
        yield


async def check_each_is_unavailable(calls: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Each call ends in an error of the port that was caused by the driver's, and tells nothing of its text."""
    ends = await asyncio.gather(*(_end(call) for call in calls))
    for end in ends:
        assert isinstance(end, Unavailable), f"{type(end).__name__} passes the port"
        assert SECRET not in str(end)
        assert any(isinstance(cause, tuple(map(type, ERRORS))) for cause in _causes(end)), "the cause is kept"


async def _end(call: Callable[[], Awaitable[object]]) -> BaseException | None:
    try:
        await call()
    except Exception as error:  # noqa: BLE001 - whatever passes the port is what is looked at
        return error
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    while (cause := error.__cause__) is not None:
        yield cause
        error = cause
