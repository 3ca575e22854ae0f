"""Moments become whole milliseconds and come back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.moments import milliseconds, moment_at


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_cut_down_to_its_millisecond(moment: datetime) -> None:
    """Before 1970 too."""
    assert moment_at(milliseconds(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_zones_are_one_time() -> None:
    """Whoever says it."""
    there = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert milliseconds(there) == milliseconds(datetime(2026, 1, 1, tzinfo=UTC)) == 1_767_225_600_000
    assert moment_at(1_767_225_600_000).tzinfo is UTC


def test_nothing_is_beyond_the_calendar() -> None:
    """A damaged number is told as one."""
    with pytest.raises(OverflowError):
        moment_at(1 << 60)
