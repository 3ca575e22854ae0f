"""How long tests wait: by one measured factor, from 1 to a limit, which only grows."""

import pytest

from tests.fakes.sources import FakeTime
from tests.patience import AGAIN, HIGHEST, VARIABLE, Deadline, Patience


class Machine:
    """A machine whose slowness the test sets, and how often it was measured."""

    def __init__(self, slowness: float, environ: dict[str, str] | None = None) -> None:
        self.slowness = slowness
        self.measured = 0
        self.environ = {} if environ is None else environ
        self.time = FakeTime()
        self.patience = Patience(self._measure, self.time.monotonic, self.environ)

    def _measure(self) -> float:
        self.measured += 1
        return self.slowness


@pytest.mark.parametrize(("slowness", "factor"), [(0.2, 1.0), (1.0, 1.0), (2.5, 2.5), (1_000.0, HIGHEST)])
def test_the_factor_is_bounded(slowness: float, factor: float) -> None:
    """A fast machine waits no less than a test says, and a slow one not for ever."""
    assert Machine(slowness).patience.factor() == factor


def test_the_factor_is_measured_once_a_minute_and_only_grows() -> None:
    """A moment of rest does not shorten what is waited for under load."""
    machine = Machine(2.0)
    assert [machine.patience.factor() for _ in range(3)] == [2.0, 2.0, 2.0]
    assert machine.measured == 1
    machine.slowness = 5.0
    assert machine.patience.factor() == 2.0
    machine.time.go_on(seconds=AGAIN)
    assert machine.patience.factor() == 5.0
    machine.slowness = 1.0
    machine.time.go_on(seconds=AGAIN)
    assert machine.patience.factor() == 5.0
    assert machine.measured == 3


def test_processes_of_a_run_share_what_was_measured() -> None:
    """By the environment that a process hands to those that it starts: none waits less than the one before it."""
    first = Machine(4.0)
    first.patience.factor()
    assert first.environ == {VARIABLE: "4.00"}
    assert Machine(1.0, dict(first.environ)).patience.factor() == 4.0
    assert Machine(6.0, dict(first.environ)).patience.factor() == 6.0


def test_a_deadline_moves_on_with_a_machine_that_becomes_slower() -> None:
    """What has not happened in time is waited for as long as a fresh measurement asks for, and no longer."""
    machine = Machine(1.0)
    deadline = Deadline(10, machine.patience, machine.time.monotonic)
    machine.time.go_on(seconds=9)
    assert not deadline.has_passed()
    assert machine.measured == 1
    machine.slowness = 3.0
    machine.time.go_on(seconds=2)
    assert not deadline.has_passed()
    assert machine.measured == 2
    machine.time.go_on(seconds=19)
    assert deadline.has_passed()
