"""What tells a machine that is too slow for a measurement from something that is broken."""

import subprocess
from typing import Final

import httpx

from ports.errors import DeadlineExceeded

_OVERLOADED: Final = frozenset({429, 503, 504})
"""How the service answers what it has no time for."""

_LATE: Final = (TimeoutError, httpx.TimeoutException, subprocess.TimeoutExpired, DeadlineExceeded)


class TooSlow(Exception):
    """The machine cannot keep the pace that a measurement needs: its figures are short."""


def is_slowness(error: BaseException) -> bool:
    """Whether an error says that something took too long; of a group, whether each of its errors does."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_slowness, error.exceptions))
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in _OVERLOADED
    return isinstance(error, (TooSlow, *_LATE))


def cause(error: BaseException) -> str:
    """Say in one line what an error is; of a group, what its first error is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        said = error.stderr if isinstance(error.stderr, str) else error.stderr.decode(errors="replace")
        lines[1:] = said.strip().splitlines()[-1:]
    return ": ".join([type(error).__name__, *lines[:2]])
