"""A legal hold is in force from its placing to its release."""

from datetime import UTC, datetime

import pytest

from domain.approvals import Request
from domain.errors import RetentionRefused
from domain.holds import Hold, in_force, place, release

FIRST, SECOND, THIRD = (Request(reason=str(day), at=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3))


def test_holds_follow_one_another() -> None:
    """Every hold that there has been stays known, with its release."""
    held = place((), FIRST)
    assert in_force(held) == Hold(FIRST)
    released = release(held, SECOND)
    assert in_force(released) is None
    again = place(released, THIRD)
    assert again == (Hold(FIRST, SECOND), Hold(THIRD))
    assert in_force(again) == Hold(THIRD)


def test_there_is_one_hold_at_a_time() -> None:
    """Otherwise one release could end what somebody else relies on."""
    with pytest.raises(RetentionRefused, match="in force already"):
        place(place((), FIRST), SECOND)


@pytest.mark.parametrize("before", [(), (Hold(FIRST, SECOND),)])
def test_only_a_hold_in_force_is_released(before: tuple[Hold, ...]) -> None:
    """There is nothing to release before the first, or twice."""
    assert in_force(before) is None
    with pytest.raises(RetentionRefused, match="no legal hold"):
        release(before, THIRD)
