"""wrk, the load generator, on a core of its own."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.slowness import TooSlow

_CONNECTIONS: Final = 16
_RATE: Final = re.compile(r"Requests/sec:\s+([0-9.]+)")
_REFUSED: Final = re.compile(r"Non-2xx or 3xx responses")
_LOST: Final = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1


class LoadFailed(Exception):
    """Requests were refused or lost, so that their number says nothing."""


def requests_per_second(
    url: str,
    headers: Mapping[str, str],
    *,
    seconds: int = 5,
    script: Path | None = None,
    connections: int = _CONNECTIONS,
) -> float:
    """Return how many requests a second are answered; raises LoadFailed, or TooSlow where answers only came late."""
    command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    if script is not None:
        command += ["--script", str(script)]
    with pinned(LOAD_CORE):
        run = subprocess.run([*command, url], check=True, capture_output=True, text=True)
    return rate_of(run.stdout)


def rate_of(output: str) -> float:
    """Return how many requests a second wrk reports; raises LoadFailed, or TooSlow where answers only came late."""
    rate, lost = _RATE.search(output), _LOST.search(output)
    errors = [int(number) for number in lost.groups()] if lost else [0]
    if rate is None or _REFUSED.search(output) or any(errors[:3]):
        raise LoadFailed(output)
    if any(errors):
        message = f"{errors[3]} requests were not answered within 2 seconds"
        raise TooSlow(message)
    return float(rate[1])


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Let what is started in the block run on one core, where there are several."""
    before = os.sched_getaffinity(0)
    if core in before:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
