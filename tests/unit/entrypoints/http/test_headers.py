"""Versions, conditions and encodings, as header fields say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.headers import (
    accepts_gzip,
    entity_tag,
    expected_version,
    is_any,
    newest_tag,
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
    for packed in (True, False):
        tag = entity_tag(epoch, version, packed=packed)
        assert expected_version([tag], epoch) == version
        assert newest_tag([tag], epoch) == (version, tag)
    assert entity_tag(epoch, version, packed=True) != entity_tag(epoch, version)


@given(numbers, numbers, numbers)
def test_a_version_of_another_epoch_is_none(epoch: int, other: int, version: int) -> None:
    """A version means nothing in another epoch than its own: load anew, or send again."""
    if epoch == other:
        other += 1
    with pytest.raises(ProblemError) as gone:
        read_version(version_text(other, version), epoch)
    assert (gone.value.code, gone.value.status) == ("reload", 410)
    with pytest.raises(ProblemError) as conflict:
        expected_version([entity_tag(other, version)], epoch)
    assert (conflict.value.code, conflict.value.status) == ("reload", 409)
    assert newest_tag([entity_tag(other, version)], epoch) is None


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".1", "1.2.3", "-1", "+1", "1e3", "٣", "1 ", "1\n", "1_0", "\uff19", "9" * 13]
)
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
    known = newest_tag([field], 1)
    assert (None if known is None else known.version) == version
    split = newest_tag(field.split(","), 1)
    assert split == known


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        (["*"], None),
        (["\t* "], None),
        (['"1.7"'], 7),
        (['"7"'], 7),
        (['W/"1.7-gzip"'], 7),
        (['"1.5"', '"1.7","0.9"', '"x"'], 7),
        ([",", '"1.5"'], 5),
    ],
)
def test_a_condition_names_the_newest_of_its_versions(lines: list[str], expected: int | None) -> None:
    """Of all lines together the newest version of this epoch is insisted on, weak or not, in any encoding."""
    assert expected_version(lines, 1) == expected


@pytest.mark.parametrize("line", ["", ",", '"', 'W"1.7"', "1.7", '"1.7"x', '*,"1.7"', '"a b"'])
def test_what_is_no_list_of_tags_is_no_condition(line: str) -> None:
    """It is refused, because it cannot be kept."""
    with pytest.raises(ProblemError) as refused:
        expected_version([line], 1)
    assert (refused.value.code, refused.value.details) == ("request-invalid", {"at": ["If-Match"]})


@pytest.mark.parametrize(
    ("lines", "expected"), [(["*"], True), ([" * "], True), (["*", '"1.1"'], False), ([], False), (['"*"'], False)]
)
def test_a_star_alone_is_every_representation(lines: list[str], expected: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Beside tags, or as one, it is none."""
    assert is_any(lines) is expected


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
        ("gzip;q=1_0", False),
        ("gzip;q=inf", False),
        ("gzip;q=\u0660", False),
        ("", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted(field: str, accepted: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """A weight of nought refuses, a star stands for what is not named."""
    assert accepts_gzip(field) is accepted


def test_every_value_of_a_field_is_found() -> None:
    """A field may stand several times; order is kept."""
    assert values_of([(b"a", b"1"), (b"b", b"2"), (b"a", b"\xe9")], b"a") == ("1", "é")
