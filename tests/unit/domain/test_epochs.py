"""Words, majorities, and who may write."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.epochs import (
    CONFIRMED_FOR,
    FENCE_WAIT,
    Word,
    in_force,
    majority,
    may_write,
    newest_epoch,
    supersedes,
)

OLD = Word(1, "east")
CLOSED = Word(2, "west", open=False)
NEW = Word(2, "west")
RIVAL = Word(2, "north")

words = st.builds(Word, st.integers(1, 4), st.sampled_from(["east", "west"]), st.booleans())


@pytest.mark.parametrize(("stores", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority_is_more_than_half(stores: int, needed: int) -> None:
    """Of two stores both are needed."""
    assert majority(stores) == needed


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ([OLD, OLD, OLD], OLD),
        ([OLD, None, OLD], OLD),
        ([OLD, None, None], None),
        ([OLD, NEW, NEW], NEW),
        ([OLD, CLOSED, NEW], None),
        ([NEW, RIVAL, None], None),
        ([None], None),
        ([OLD], OLD),
    ],
)
def test_a_word_is_in_force_where_a_majority_of_all_stores_holds_it(answers: list[Word | None], word: Word) -> None:
    """Stores that are out count against it, and words that differ in anything are not the same."""
    assert in_force(answers) == word


@given(st.lists(st.none() | words, min_size=1, max_size=5))
def test_no_two_words_are_in_force_at_once(answers: list[Word | None]) -> None:
    """Whatever the order in which the stores are asked."""
    assert in_force(answers) == in_force(answers[::-1])


def test_the_newest_epoch_counts_whether_or_not_it_is_in_force() -> None:
    """A failover that got no further than one store has used its number up."""
    assert newest_epoch([OLD, NEW, None]) == 2
    assert newest_epoch([None, None]) == 0


def test_only_the_site_of_an_open_word_may_write() -> None:
    """Not another site, not before the wait is over, and nobody where no word is in force."""
    assert may_write(NEW, "west")
    assert not may_write(NEW, "east")
    assert not may_write(CLOSED, "west")
    assert not may_write(None, "west")


def test_a_store_only_ever_goes_forward() -> None:
    """To a greater epoch, or from closed to open within one; never to a rival of the same epoch."""
    allowed = {(None, OLD), (None, CLOSED), (None, NEW), (None, RIVAL), (CLOSED, NEW)}
    allowed |= {(OLD, word) for word in (CLOSED, NEW, RIVAL)}
    kinds = (OLD, CLOSED, NEW, RIVAL)
    assert {(held, word) for held, word in product((None, *kinds), kinds) if supersedes(word, held)} == allowed


@given(held=st.none() | words, first=words, second=words)
def test_a_store_never_comes_back_to_a_word(held: Word | None, first: Word, second: Word) -> None:
    """So nobody reads an old word in a store that has held a later one."""
    if supersedes(first, held) and supersedes(second, first):
        assert second not in (held, first)


def test_the_fence_waits_longer_than_any_confirmation_lasts() -> None:
    """By a third: no clock is that fast or slow."""
    assert FENCE_WAIT >= CONFIRMED_FOR * 4 / 3
