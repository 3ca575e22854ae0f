"""Records as rows and back."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ports.rows import record_of, row_of
from ports.storage import Record, Ref, Shipping
from ports.storage_checks import truncated

MOMENTS = st.datetimes(timezones=st.just(UTC)).map(truncated)
RECORDS = st.builds(
    Record,
    st.builds(Ref, st.text(), st.text(), st.text()),
    st.integers(1, 1 << 53),
    st.none() | st.binary(),
    MOMENTS,
    st.integers(0, 1 << 53),
    st.none() | MOMENTS,
    st.sampled_from(Shipping),
)


@given(RECORDS)
def test_a_row_is_the_record(record: Record) -> None:
    """Whatever a record holds comes back from its row, to the millisecond from year 1 to year 9999."""
    assert record_of(row_of(record)) == record


def test_the_last_moment_is_exact() -> None:
    """A moment is not carried over a floating point number, which is too coarse at the end of time."""
    last = datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC)
    record = Record(Ref("t", "k", "a"), 1, b"", last, due=last)
    assert record_of(row_of(record)) == record
