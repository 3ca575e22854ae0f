"""A service that is slow to start is told from one that ends."""

import pytest

from bench.site import await_ready
from bench.slowness import TooSlow
from tests.processes import Process


class Starting(Process):
    """A process that is ready after so many waits, if it does not end; none is started."""

    def __init__(self, waits: int, *, ends: bool = False) -> None:
        self.waits = waits
        self._ends = ends

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self._ends

    def await_readiness(self) -> None:
        """Wait as long as a test does."""
        self.waits -= 1
        assert self.waits < 0


def test_one_that_is_slow_is_waited_for() -> None:
    """Several times as long as by a test."""
    process = Starting(5)
    assert await_ready(process) is process
    assert process.waits == -1


def test_one_that_is_never_ready_is_too_slow() -> None:
    """It is not waited for without end."""
    with pytest.raises(TooSlow, match="not ready"):
        await_ready(Starting(1_000))


def test_one_that_has_ended_is_broken() -> None:
    """It is not waited for again."""
    process = Starting(5, ends=True)
    with pytest.raises(AssertionError):
        await_ready(process)
    assert process.waits == 4
