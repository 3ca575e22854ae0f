"""One holder at a time, whatever the times of day say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.leases import (
    BEAT,
    TERM,
    TRUST,
    Lease,
    Sight,
    given_up,
    has_lapsed,
    looked,
    may_take,
    taken,
    trusted_until,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(1_000_000_000_000, 4_000_000_000_000).map(
    lambda milliseconds: EPOCH + timedelta(milliseconds=milliseconds)
)


def test_a_revision_is_as_old_as_its_first_sight() -> None:
    """Seeing it again does not make it younger; another one begins anew, a lower one too."""
    first = looked(None, 3, 10)
    assert first == Sight(3, 10)
    assert looked(first, 3, 20) == first
    assert looked(first, 4, 20) == Sight(4, 20)
    assert looked(first, 1, 20) == Sight(1, 20)


def test_a_lease_lapses_when_it_was_seen_unchanged_for_a_term() -> None:
    """Not a moment sooner."""
    assert not has_lapsed(Sight(3, 10), 10 + TERM - 0.01)
    assert has_lapsed(Sight(3, 10), 10 + TERM)


def test_a_lease_is_to_be_had_when_it_is_free_or_lapsed_or_one_s_own() -> None:
    """Anybody else's that is renewed is not."""
    fresh, old = Sight(3, 10), Sight(3, 10 - TERM)
    assert may_take(Lease(), "one", fresh, 10)
    assert may_take(Lease(7, "one"), "one", fresh, 10)
    assert may_take(Lease(7, "other"), "one", old, 10)
    assert not may_take(Lease(7, "other"), "one", fresh, 10)


@given(st.lists(MOMENTS, min_size=1))
def test_each_holder_s_token_is_greater_than_all_before(moments: list[datetime]) -> None:
    """Whatever the clocks of the holders say, and across giving up."""
    lease, tokens = Lease(), [0]
    for number, moment in enumerate(moments):
        lease = given_up(taken(lease, str(number), moment))
        tokens.append(lease.token)
    assert tokens == sorted(set(tokens))
    assert lease.holder is None


@given(MOMENTS, st.integers(1, 10_000))
def test_a_lease_that_was_lost_goes_on_above_its_old_tokens(moment: datetime, milliseconds: int) -> None:
    """Where the record is gone, the time of day keeps what was stored with older tokens from being greater."""
    before = taken(Lease(), "one", moment)
    assert taken(Lease(), "other", moment + timedelta(milliseconds=milliseconds)).token > before.token


@given(*[st.floats(0, 100)] * 3)
def test_a_holder_has_stopped_before_anybody_may_take_its_lease(asked: float, landing: float, sight: float) -> None:
    """It counts from before it asked, the observer from after it saw; a beat or two may fail in between."""
    first_seen = asked + landing + sight
    assert trusted_until(asked) < first_seen + TERM
    assert 3 * BEAT < TRUST
