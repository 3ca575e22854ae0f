"""The real clocks."""

import time
from datetime import UTC, datetime
from typing import Final

# Counts the time for which the machine was suspended too, where the system can tell it.
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> datetime:
    """Return the time of day, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Return seconds since some moment, which never go back."""
    return time.clock_gettime(_CLOCK)
