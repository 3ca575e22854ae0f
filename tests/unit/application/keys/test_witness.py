"""How long something has been so is measured by one process, on a clock that does not step."""

from application.keys.witness import Witness
from tests.fakes.sources import FakeTime


def test_time_counts_from_the_first_sight() -> None:
    """However often one looks, and whatever the time of day does; what is forgotten begins anew."""
    time = FakeTime()
    witness = Witness(time.monotonic)
    assert witness.saw("this") == 0
    time.step(hours=1_000)
    time.go_on(seconds=5)
    assert (witness.saw("this"), witness.saw("that")) == (5, 0)
    witness.forget("this")
    witness.forget("this")
    assert witness.saw("this") == 0
