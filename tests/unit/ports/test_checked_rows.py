"""Rows are refused together exactly where one of them would be refused as a record."""

from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.errors import InvalidArgument
from ports.rows import record_of
from ports.storage import BODY_LIMIT, KEY_LIMIT, Row
from ports.storage_checks import INTEGER_LIMIT, check_record, check_rows

_TEXTS = st.sampled_from(["a", "change", "~", "!" * KEY_LIMIT, "", " ", "a b", "\x7f", "é", "a" * (KEY_LIMIT + 1)])
_NUMBERS = st.sampled_from([-1, 0, 1, INTEGER_LIMIT, INTEGER_LIMIT + 1])
_GOOD = Row("a", "k", "1", 1, b"sealed", 0, 0, None, 0)
_FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "tenant": _TEXTS,
    "kind": _TEXTS,
    "key": _TEXTS,
    "rev": _NUMBERS,
    "body": st.sampled_from([None, b"", bytes(BODY_LIMIT), bytes(BODY_LIMIT + 1)]),
    "generation": _NUMBERS,
}
_ROWS = st.lists(
    st.sampled_from(sorted(_FIELDS)).flatmap(
        lambda name: _FIELDS[name].map(lambda value: _GOOD._replace(**{name: value}))
    ),
    max_size=4,
)


def is_refused(row: Row) -> bool:
    """Whether a row is no record that can be stored."""
    with suppress(InvalidArgument):
        check_record(record_of(row))
        return False
    return True


@given(_ROWS)
def test_one_that_cannot_be_stored_is_enough(rows: list[Row]) -> None:
    """Wherever it stands, and whatever is wrong with it."""
    if any(map(is_refused, rows)):
        with pytest.raises(InvalidArgument):
            check_rows(rows)
    else:
        check_rows(rows)
