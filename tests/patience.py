"""How long tests wait for what must happen: by one measured factor longer on a machine that is slower.

A test proves a bound by a clock of its own, or an order. Where something real must be waited for (a process, a server,
a port, a thread), the wait is bounded so that a hang is found, and the bound is no claim about speed: it is scaled by
`factor()`, measured by each process of a run and handed to the processes that it starts. The factor only grows: it is
measured anew from time to time, and before a `Deadline` is said to have passed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Final

VARIABLE: Final = "PANORAMA_TESTS_PATIENCE"
"""Holds the factor that another process of this run has measured; a number given by hand is the least factor."""

LOWEST: Final = 1.0
"""No machine is so fast that less is waited than a test says."""

HIGHEST: Final = 20.0
"""On a machine that is slower than this, hangs and slowness are no longer told apart: the run is to fail."""

AGAIN: Final = 60.0
"""After how many seconds a measurement is out of date."""

_ROUNDS: Final = 3
_STEPS: Final = 400_000
_REFERENCE: Final = 0.06
"""Seconds that a round takes on two quiet cores of the project's slow build machine."""


class Patience:
    """The factor by which a machine is slower than the reference; never less than any that has been measured."""

    def __init__(
        self,
        measure: Callable[[], float],
        monotonic: Callable[[], float],
        environ: MutableMapping[str, str],
    ) -> None:
        self._measure = measure
        self._monotonic = monotonic
        self._environ = environ
        self._measured: float | None = None

    def factor(self) -> float:
        """Return it, measured in the last minute."""
        if self._measured is None or self._monotonic() - self._measured >= AGAIN:
            return self.measured_now()
        return self._known()

    def measured_now(self) -> float:
        """Measure, and return the factor."""
        found = max(self._known(), min(self._measure(), HIGHEST))
        self._environ[VARIABLE] = f"{found:.2f}"
        self._measured = self._monotonic()
        return self._known()

    def _known(self) -> float:
        return max(LOWEST, float(self._environ.get(VARIABLE) or LOWEST))


def slowness() -> float:
    """Return how many times longer than on the reference a fixed piece of work takes now, half of it a bare start."""
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        _work()
        subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
    return (time.perf_counter() - began) / (_ROUNDS * _REFERENCE)


def _work() -> int:
    number = 0
    for step in range(_STEPS):
        number = (number * 31 + step) & 0xFFFF
    return number


_of_this_machine: Final = Patience(slowness, time.monotonic, os.environ)


def factor() -> float:
    """Return how many times slower this machine is than the reference, from LOWEST to HIGHEST."""
    return _of_this_machine.factor()


def patience(seconds: float) -> float:
    """Return how long to wait on this machine for what takes less than `seconds` on the reference."""
    return seconds * factor()


class Deadline:
    """The end of a wait that begins now; it moves on where the machine turns out to have become slower."""

    def __init__(
        self,
        seconds: float,
        machine: Patience = _of_this_machine,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._machine = machine
        self._monotonic = monotonic
        self._began = monotonic()

    def has_passed(self) -> bool:
        """Whether that is so even by a factor that has just been measured."""
        waited = self._monotonic() - self._began
        return waited >= self._seconds * self._machine.factor() and waited >= (
            self._seconds * self._machine.measured_now()
        )
