"""Versions, conditions and encodings, as header fields say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.headers import (
    accepts_gzip,
    entity_tag,
    expected_version,
    known_version,
    read_version,
    values_of,
    version_text,
)
from entrypoints.http.problems import ProblemError

numbers = st.integers(0, 10**12 - 1)


@given(numbers, numbers)
def test_a_version_is_read_as_it_is_written(epoch: int, version: int) -> None:
    """Written, tagged and read again, a version stays what it was."""
    assert read_version(version_text(epoch, version), epoch) == version
    assert expected_version(entity_tag(epoch, version), epoch) == version
    assert known_version(entity_tag(epoch, version), epoch) == version


@given(numbers, numbers, numbers)
def test_a_version_of_another_epoch_is_none(epoch: int, other: int, version: int) -> None:
    """A version means nothing in another epoch than its own: load anew, or send again."""
    if epoch == other:
        other += 1
    with pytest.raises(ProblemError) as gone:
        read_version(version_text(other, version), epoch)
    assert (gone.value.code, gone.value.status) == ("reload", 410)
    with pytest.raises(ProblemError) as conflict:
        expected_version(entity_tag(other, version), epoch)
    assert (conflict.value.code, conflict.value.status) == ("reload", 409)
    assert known_version(entity_tag(other, version), epoch) is None


@pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1.2.3", "-1", "+1", "1e3", "٣", "1 ", "9" * 13])
def test_what_is_no_version_is_refused(text: str) -> None:
    """Only decimal digits of ASCII, and at most twelve of them, are a version."""
    with pytest.raises(ProblemError) as refused:
        read_version(text, 1)
    assert refused.value.code == "request-invalid"


@pytest.mark.parametrize(
    ("field", "version"),
    [
        ('"1.7"', 7),
        ('W/"1.7"', 7),
        ('"1.5", "1.7" , "2.9"', 7),
        ('"x", "1.3"', 3),
        ("*", None),
        ("1.7", None),
        ('"7"', None),
        ("", None),
    ],
)
def test_the_newest_known_version_counts(field: str, version: int | None) -> None:
    """Of several tags the newest of this epoch is compared; what is no tag of ours is passed over."""
    assert known_version(field, 1) == version


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("gzip", True),
        ("GZip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("gzip;q=nonsense", False),
        ("", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted(field: str, accepted: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """A weight of nought refuses, a star stands for what is not named."""
    assert accepts_gzip(field) is accepted


def test_every_value_of_a_field_is_found() -> None:
    """A field may stand several times; order is kept."""
    assert values_of([(b"a", b"1"), (b"b", b"2"), (b"a", b"\xe9")], b"a") == ("1", "é")
