"""Which index key entries are made under, and when another takes its place."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.index_keys import (
    COMPARISON,
    IndexKey,
    announced,
    are_whole,
    comparison_at,
    in_use,
    is_comparison_due,
    is_due,
    is_late,
    may_have_leaked,
    renewal_at,
    superseded,
)
from domain.keys import Generation, State, ask_to_replace
from domain.rotation import TOLERANCE, Policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
POLICY = Policy()


def key(number: int, *, used: bool = True, under: int = 0) -> IndexKey:
    """A key, in use or only announced."""
    return IndexKey(number, NOW, NOW if used else None, under)


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_every_key_is_older_in_use_or_announced(flags: list[bool]) -> None:
    """Exactly one is in use: the newest that was put in use, or else the first."""
    keys = [key(number, used=used) for number, used in enumerate(flags, start=1)]
    current = in_use(keys)
    assert current.number == max((each.number for each in keys if each.used), default=1)
    assert sorted([*superseded(keys), current, *announced(keys)], key=lambda each: each.number) == keys
    assert in_use(list(reversed(keys))) == current
    assert all(each.used is None for each in announced(keys))


def test_a_key_is_replaced_at_the_age_of_a_data_key() -> None:
    """Or at once, if it was made by a clock that was wrong."""
    assert renewal_at(key(1), POLICY) == NOW + 60 * DAY
    assert not is_due(key(1), POLICY, NOW + 60 * DAY - SECOND)
    assert is_due(key(1), POLICY, NOW + 60 * DAY)
    assert is_due(key(1), POLICY, NOW - TOLERANCE - SECOND)
    assert not is_late(key(1), POLICY, NOW + 75 * DAY - SECOND)
    assert is_late(key(1), POLICY, NOW + 75 * DAY)


def test_a_key_leaks_with_the_data_key_that_it_was_sealed_under() -> None:
    """Whatever was sealed under that data key or an older one; not what was made under a newer."""
    first = Generation(1, State.ACTIVE, NOW, {})
    second, leaked = replace(first, number=2), ask_to_replace(replace(first, number=2), NOW, suspected=True)
    assert not may_have_leaked(key(1), [first, second])
    assert not may_have_leaked(key(1), [ask_to_replace(first, NOW, suspected=False)])
    assert may_have_leaked(key(1), [first, leaked])
    assert may_have_leaked(key(1, under=2), [first, leaked])
    assert not may_have_leaked(key(1, under=3), [first, leaked])


def test_an_index_that_was_never_whole_is_compared_at_once() -> None:
    """And from then on a week after each comparison, or at once where that bears a date of the future."""
    whole = replace(key(1), whole=True)
    assert comparison_at(key(1)) == NOW
    assert is_comparison_due(key(1), NOW)
    assert comparison_at(whole) == NOW + COMPARISON
    assert not is_comparison_due(whole, NOW + COMPARISON - SECOND)
    assert is_comparison_due(whole, NOW + COMPARISON)
    assert comparison_at(replace(whole, compared=NOW + DAY)) == NOW + DAY + COMPARISON
    assert is_comparison_due(replace(whole, compared=NOW + DAY), NOW)


def test_one_key_under_which_nothing_is_missing_is_enough() -> None:
    """A lookup asks under all of them."""
    assert not are_whole([])
    assert not are_whole([key(1), key(2)])
    assert are_whole([key(1), replace(key(2), whole=True)])
