"""How far the backups are behind."""

from datetime import timedelta

import pytest

from domain.backups.lag import everywhere, lag, outside, shipped
from domain.backups.manifests import Position
from tests.unit.domain.backups.chains import NOON, at

CLOUDS = {"east": "aws", "west": "aws", "abroad": "gcp"}
MINUTE = timedelta(minutes=1)


def test_what_is_outside_survives_the_loss_of_the_cloud() -> None:
    """Another cloud; what nobody knows is not taken to be outside."""
    assert outside(CLOUDS, "aws") == ["abroad"]
    assert outside(CLOUDS, "gcp") == ["east", "west"]
    assert outside({"somewhere": None}, "aws") == []
    assert outside(CLOUDS, None) == []


@pytest.mark.parametrize(
    ("heads", "cloud", "position"),
    [
        ({"east": at(9), "west": at(9), "abroad": at(5)}, "aws", at(5)),
        ({"east": at(9), "west": at(9), "abroad": None}, "aws", None),
        ({"east": at(9), "west": at(7), "abroad": at(5)}, "gcp", at(9)),
        ({"east": at(9), "west": at(7), "abroad": at(5)}, "elsewhere", at(9)),
        ({"east": at(9), "west": at(7), "abroad": at(5)}, None, at(5)),
        ({"east": at(9), "west": None, "abroad": at(5)}, None, None),
    ],
)
def test_shipped_is_what_a_store_outside_has(
    heads: dict[str, Position | None], cloud: str | None, position: Position | None
) -> None:
    """Any one that is outside; where none is known to be, all of them."""
    assert shipped(heads, CLOUDS, cloud) == position


def test_nothing_is_shipped_without_stores() -> None:
    """There is nowhere to ship to."""
    assert shipped({}, {}, "aws") is None


def test_everywhere_is_what_all_have() -> None:
    """The slowest store decides."""
    assert everywhere({"a": at(3), "b": at(2)}) == at(2)
    assert everywhere({"a": at(3), "b": None}) is None


def test_the_lag_is_the_age_of_the_oldest() -> None:
    """Of all that is not shipped."""
    assert lag(NOON, [NOON - MINUTE, None, NOON - 2 * MINUTE], None) == 2 * MINUTE
    assert lag(NOON, [NOON - MINUTE, None, NOON - 2 * MINUTE], NOON - 3 * MINUTE) == 2 * MINUTE


def test_without_anything_waiting_there_is_no_lag() -> None:
    """However long ago something was shipped."""
    assert lag(NOON, [None], NOON - 60 * MINUTE) == timedelta(0)


def test_what_is_dated_before_all_that_is_shipped_was_acknowledged_after_it() -> None:
    """A slow clock among the writers makes no lag of hours."""
    assert lag(NOON, [NOON - 60 * MINUTE], NOON - MINUTE) == MINUTE


def test_a_fast_clock_makes_no_negative_lag() -> None:
    """What is dated in the future has no age."""
    assert lag(NOON, [NOON + MINUTE], None) == timedelta(0)
