"""How Jira's wishes are understood."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.jira.headers import cycle_period, retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 10),
        ("0", 1),
        ("999999999", 86_400),
        ("Thu, 01 Jan 2026 00:05:00 GMT", 300),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 1),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 86_400),
        ("Thu, 01 Jan 2026 00:05:00 -0000", 60),
        ("soon", 60),
        ("-5", 60),
        ("", 60),
        (None, 60),
    ],
)
def test_patience_is_seconds_or_a_date(text: str | None, seconds: int) -> None:
    """At least a second, at most a day; a minute where nothing is understood."""
    assert retry_after(text, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["7", "7 days", "7 Days", "7days", "P7D", "p7d", " 7 "])
def test_a_cycle_is_told_in_days(text: str) -> None:
    """In each form that has been met."""
    assert cycle_period(text) == timedelta(days=7)


@pytest.mark.parametrize("text", [None, "", "0", "P0D", "-7", "seven", "PT7H", "604800", "7.5", "P7W"])
def test_what_is_no_cycle_says_nothing(text: str | None) -> None:
    """Neither nonsense nor a cycle of more than a year changes how often accounts are reported."""
    assert cycle_period(text) is None
