"""Where time, chance and patience come from: plain functions that the composition root passes in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""The time of day, aware and in UTC."""

Monotonic: TypeAlias = Callable[[], float]
"""Seconds since some moment; never goes back. For durations that safety depends on."""

Random: TypeAlias = Callable[[int], bytes]
"""That many bytes that nobody can guess."""

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Wait for that many seconds."""
