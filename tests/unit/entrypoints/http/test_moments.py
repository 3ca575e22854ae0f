"""The past, as a request names it."""

from datetime import UTC, datetime, timedelta

import pytest

from entrypoints.http.moments import read_moment
from entrypoints.http.problems import ProblemError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7", 7),
        ("3.7", 7),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T05:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.678Z", datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)),
    ],
)
def test_a_version_or_a_time_is_a_moment(text: str, moment: int | datetime) -> None:
    """Digits are a version, with or without the epoch; anything else is a time."""
    assert read_moment(text, 3) == moment


def test_an_offset_is_kept() -> None:
    """A time is read with the offset that it has."""
    moment = read_moment("2026-01-02T05:04:05+02:00", 1)
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-02", "2026-01-02T03:04:05", "1.2.3", "²", "7\n", "\u0667", "+7", "1_0", " 7"]
)
def test_anything_else_is_refused(text: str) -> None:
    """A time without an offset could be anywhere on earth."""
    with pytest.raises(ProblemError) as refused:
        read_moment(text, 1)
    assert (refused.value.code, refused.value.details) == ("request-invalid", {"at": ["at"]})


def test_a_version_of_another_epoch_asks_to_reload() -> None:
    """It may never have been."""
    with pytest.raises(ProblemError) as refused:
        read_moment("2.7", 3)
    assert refused.value.code == "reload"
