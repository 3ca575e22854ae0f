"""What may happen to the generations of a key."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import TenantId
from domain.keys import (
    DATA_KEY,
    REST,
    Generation,
    MissingWrap,
    State,
    active,
    ask_to_replace,
    destroy,
    is_retired,
    missing_wraps,
    rested,
    retire,
    rewrapped,
    withdraw,
    wrap_context,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TENANT = TenantId("aaaaaaaaaaaaaaaaaaaaaaaa")
SECOND = timedelta(seconds=1)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds must be naive
fresh = st.builds(
    Generation,
    st.integers(1, 50),
    st.just(State.ACTIVE),
    moments,
    st.dictionaries(st.sampled_from(["east", "west", "recovery"]), st.binary(max_size=8), min_size=1),
)
retired = st.builds(retire, fresh, moments)
withdrawn = st.builds(withdraw, retired, moments)
generations = st.one_of(fresh, retired, withdrawn, st.builds(destroy, st.one_of(fresh, retired, withdrawn), moments))


def generation(number: int, state: State = State.ACTIVE, *wraps: str) -> Generation:
    """A generation with wraps of these names."""
    return Generation(number, state, NOW, dict.fromkeys(wraps, b"wrap"))


def test_new_bodies_are_sealed_under_the_highest_active_generation() -> None:
    """The order in which generations are listed does not matter; without an active one there is none."""
    listed = [generation(2), generation(3), generation(1), generation(4, State.DECRYPT_ONLY)]
    assert active(listed) == generation(3)
    assert active([generation(1, State.DECRYPT_ONLY), generation(2, State.DESTROYED)]) is None
    assert active([]) is None


@given(generations, moments, moments)
def test_states_only_move_downwards(before: Generation, first: datetime, second: datetime) -> None:
    """Whatever happens to a generation, it never comes nearer to being active; and twice is once."""
    order = list(State)
    for happen in (retire, withdraw, destroy):
        after = happen(before, first)
        assert order.index(after.state) >= order.index(before.state)
        assert happen(after, second) == after
    assert retire(destroy(before, first), second) == destroy(before, first)


@given(fresh)
def test_a_retired_generation_is_still_opened(before: Generation) -> None:
    """It keeps its wraps and notes when it stopped being active."""
    after = retire(before, LATER)
    assert (after.state, after.retired, after.wraps) == (State.DECRYPT_ONLY, LATER, before.wraps)


@given(generations)
def test_only_what_is_retired_is_withdrawn(before: Generation) -> None:
    """The service stops opening with it; its wraps stay for those who have something else to open."""
    after = withdraw(before, LATER)
    if before.state is State.DECRYPT_ONLY:
        assert (after.state, after.withdrawn, after.wraps) == (State.WITHDRAWN, LATER, before.wraps)
    else:
        assert after == before
    assert is_retired(after) == (after.state in {State.DECRYPT_ONLY, State.WITHDRAWN})


@given(generations)
def test_whoever_asks_first_is_remembered_and_a_suspicion_stays(before: Generation) -> None:
    """Nothing can be asked of what is destroyed."""
    once = ask_to_replace(before, NOW, suspected=True)
    assert ask_to_replace(once, LATER, suspected=False) == once
    if before.state is State.DESTROYED:
        assert once == before
    else:
        assert (once.asked, once.suspected, once.state) == (NOW, True, before.state)


@given(generations)
def test_newer_wraps_take_the_place_of_older_ones(before: Generation) -> None:
    """With their versions, where these are known; what is destroyed never has wraps again."""
    after = rewrapped(before, {"east": b"new", "west": b"new"}, {"east": "2"})
    if before.state is State.DESTROYED:
        assert after == before
        return
    assert {**before.wraps, "east": b"new", "west": b"new"} == after.wraps
    assert after.versions == {"east": "2"}
    again = rewrapped(after, {"east": b"newer"}, {})
    assert (again.wraps["east"], again.versions) == (b"newer", {})


@given(generations)
def test_a_destroyed_generation_has_no_wraps(before: Generation) -> None:
    """It notes when that was, and never forgets when it retired."""
    after = destroy(before, LATER)
    assert (after.state, after.wraps, after.versions) == (State.DESTROYED, {}, {})
    assert after.destroyed == (before.destroyed or LATER)
    assert after.retired == (before.retired or LATER)


def test_a_generation_rests_for_a_day_before_it_may_go() -> None:
    """Only a retired one rests, withdrawn or not, and for longer where that is wished."""
    old = retire(generation(1), NOW)
    for each in (old, withdraw(old, NOW + REST)):
        assert not rested(each, NOW + REST - SECOND)
        assert rested(each, NOW + REST)
        assert not rested(each, NOW + REST, REST + SECOND)
    assert not rested(generation(1), NOW + REST)
    assert not rested(destroy(old, NOW), NOW + REST)


def test_missing_wraps_are_named() -> None:
    """For each generation that is not destroyed and each key manager that is configured; more wraps do no harm."""
    listed = [generation(2, State.ACTIVE, "east"), generation(1, State.DECRYPT_ONLY, "west", "old")]
    listed.append(generation(3, State.DESTROYED))
    assert missing_wraps(TENANT, listed, ["west", "east"]) == [
        MissingWrap(TENANT, 1, "east"),
        MissingWrap(TENANT, 2, "west"),
    ]
    assert missing_wraps(TENANT, listed, []) == []


def test_contexts_are_printable_and_differ() -> None:
    """No two of tenant, generation and purpose share a context."""
    context = wrap_context(TENANT, 1, DATA_KEY)
    assert context == b"panorama-v1 tenant=aaaaaaaaaaaaaaaaaaaaaaaa generation=1 purpose=data-key"
    others = [wrap_context(TENANT, 11, DATA_KEY), wrap_context(TENANT, 1, "index"), wrap_context(TenantId("a"), 1, "x")]
    assert len({context, *others}) == 4
