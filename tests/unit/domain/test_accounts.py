"""When accounts are reported."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from domain.accounts import FIRST_AFTER, PERIOD, Cycle, advanced, completed, failed, first_cycle, is_behind, put_off
from domain.ids import UserId

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = first_cycle(NOW)
USER = UserId("5" * 24)


def test_the_first_report_waits_for_more_users() -> None:
    """It begins a day after the first user was seen."""
    assert Cycle(due=NOW + FIRST_AFTER, complete=NOW) == FIRST


def test_a_report_goes_on_behind_what_was_answered() -> None:
    """What is due is so at once; the newest period that Jira told counts, and none told changes nothing."""
    cycle = advanced(advanced(FIRST, UserId("1" * 24), 14 * DAY), USER, None)
    assert (cycle.after, cycle.period, cycle.due) == (USER, 14 * DAY, FIRST.due)


def test_no_account_is_reported_more_often_than_once_in_a_cycle() -> None:
    """The next report begins a period after the one before ended, and from the first user on."""
    ended = NOW + 3 * DAY
    cycle = completed(advanced(FIRST, USER, 14 * DAY), ended)
    assert cycle == Cycle(due=ended + 14 * DAY, complete=ended, period=14 * DAY)


def test_a_report_that_was_asked_to_wait_goes_on_where_it_was() -> None:
    """It has not failed."""
    cycle = put_off(advanced(FIRST, USER, None), NOW, timedelta(minutes=5))
    assert (cycle.due, cycle.after, cycle.failures) == (NOW + timedelta(minutes=5), USER, 0)


def test_failures_are_tried_again_less_and_less_often() -> None:
    """After an hour, two, four, and at last once a day; an answer makes up for all of them."""
    cycle, waits = FIRST, []
    for _ in range(8):
        cycle = failed(cycle, NOW)
        waits.append((cycle.due - NOW).total_seconds() / 3600)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert advanced(cycle, USER, None).failures == completed(cycle, NOW).failures == 0


def test_reports_are_behind_when_a_whole_cycle_was_missed() -> None:
    """Two periods after the last whole report."""
    assert not is_behind(FIRST, NOW + 2 * PERIOD)
    assert is_behind(FIRST, NOW + 2 * PERIOD + timedelta(seconds=1))
    assert not is_behind(replace(FIRST, period=30 * DAY), NOW + 2 * PERIOD + DAY)
