"""Overlays are read like what they lie over, and leave it as it is."""

from hypothesis import given
from hypothesis import strategies as st

from domain.panoramas.tree_overlay import ColumnOverlay, IndexOverlay

KEYS = st.integers(0, 4)
VALUES = st.none() | st.integers(0, 9)


@given(st.dictionaries(KEYS, st.integers(0, 9)), st.lists(st.tuples(KEYS, VALUES)))
def test_an_index_overlay_is_a_copy(base: dict[int, int], writes: list[tuple[int, int | None]]) -> None:
    """Set, deleted (None) and set again in any order, it holds what a copy would hold."""
    untouched, copy = dict(base), dict(base)
    overlay: IndexOverlay[int, int] = IndexOverlay(base)
    for key, value in writes:
        if value is None:
            copy.pop(key, None)
            del overlay[key]
        else:
            copy[key] = overlay[key] = value
        assert [overlay.get(each, -1) for each in range(5)] == [copy.get(each, -1) for each in range(5)]
    assert base == untouched


@given(st.lists(st.integers(0, 9), min_size=5), st.lists(st.tuples(KEYS, VALUES)))
def test_a_column_overlay_is_a_copy(base: list[int], writes: list[tuple[int, int | None]]) -> None:
    """Set or appended to (None) in any order, it holds what a copy would hold."""
    untouched, copy, overlay = list(base), list(base), ColumnOverlay(base, len(base))
    for slot, value in writes:
        if value is None:
            copy.append(slot)
            overlay.append(slot)
        else:
            copy[slot] = overlay[slot] = value
        assert [overlay[each] for each in range(len(copy))] == copy
    assert base == untouched
