"""Asking again, a few times and within one deadline."""

import asyncio

import pytest

from adapters.gcp.errors import Throttled
from adapters.gcp.patience import PAUSES, Patience
from ports.errors import DeadlineExceeded, NotFound, PortError, Unavailable
from tests.fakes.sources import FakeTime


class Provider:
    """Answers with one error after the other, and at last as it should."""

    def __init__(self, *errors: PortError) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def answer(self) -> str:
        """Return what was asked for."""
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def test_a_passing_error_is_survived() -> None:
    """Between two attempts there is a pause."""
    time, provider = FakeTime(), Provider(Unavailable("1"), Unavailable("2"))
    assert await Patience(10, time.sleep).again(provider.answer) == "answer"
    assert time.monotonic() == pytest.approx(sum(PAUSES))


async def test_an_error_that_lasts_is_told() -> None:
    """After a few attempts the last error is raised."""
    provider = Provider(*(Unavailable(str(number)) for number in range(9)))
    with pytest.raises(Unavailable, match=str(len(PAUSES))):
        await Patience(10, FakeTime().sleep).again(provider.answer)
    assert provider.asked == len(PAUSES) + 1


@pytest.mark.parametrize("error", [NotFound("no"), DeadlineExceeded("late")])
async def test_an_answer_is_an_answer(error: PortError) -> None:
    """What would not change, and what has already cost the time, is not asked for again."""
    provider = Provider(error)
    with pytest.raises(type(error)):
        await Patience(10, FakeTime().sleep).again(provider.answer)
    assert provider.asked == 1


async def test_what_may_not_happen_twice_is_repeated_only_if_it_did_not_happen() -> None:
    """An outage leaves the outcome open; only a provider that did nothing is asked again."""
    provider = Provider(Throttled("later"), Unavailable("cut"))
    with pytest.raises(Unavailable, match="cut"):
        await Patience(10, FakeTime().sleep).again(provider.answer, Throttled)
    assert provider.asked == 2


async def test_a_call_ends_at_its_deadline() -> None:
    """All attempts together end in time."""

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceeded):
        await Patience(0.01).once(never)
