"""A job's share of a run."""

from application.maintenance.jobs import Progress, Turn
from tests.fakes.sources import FakeTime


def test_a_turn_ends_with_its_time_or_when_it_is_told() -> None:
    """Whichever comes first; asking does not use it up."""
    time, allowed = FakeTime(), [True]
    turn = Turn(time.monotonic, 300, may_go_on=lambda: allowed[0])
    assert not turn.is_over()
    allowed[0] = False
    assert turn.is_over()
    allowed[0] = True
    time.go_on(seconds=300)
    assert turn.is_over()


def test_progress_is_told_as_it_is_made() -> None:
    """The total is known from when somebody has counted."""
    told: list[Progress] = []
    turn = Turn(FakeTime().monotonic, 1, told=told.append)
    turn.advance()
    turn.advance(2, total=10)
    turn.advance()
    assert told == [Progress(1), Progress(3, 10), Progress(4, 10)]
    assert turn.progress == Progress(4, 10)


def test_a_turn_bears_the_lease_s_token() -> None:
    """For whatever the job stores that must not be replaced by an older instance's."""
    assert Turn(FakeTime().monotonic, 1, token=7).token == 7
    assert Turn(FakeTime().monotonic, 1).token == 0
