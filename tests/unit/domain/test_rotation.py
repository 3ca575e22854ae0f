"""When keys are replaced, and that no life of a key breaks what is promised."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.keys import Generation, State, active, ask_to_replace, destroy, rested, retire, withdraw
from domain.rotation import (
    LONGEST,
    TOLERANCE,
    Colour,
    Concern,
    Misfit,
    Policy,
    concerns,
    is_misdated,
    may_be_withdrawn,
    misfits,
    needs_renewal,
    overdue_retirements,
    renewal_at,
    rest_ends,
    retire_by,
    retired,
    superseded,
    worst,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TURN = timedelta(hours=2)
POLICY = Policy()


def made(number: int = 1, created: datetime = NOW, state: State = State.ACTIVE) -> Generation:
    """A generation with one wrap."""
    return Generation(number, state, created, {"east": b"wrap"})


def test_the_default_policy_fits() -> None:
    """60, 75 and 90 days, and one day of rest."""
    assert (POLICY.renewed_after, POLICY.swept_by, POLICY.limit, POLICY.rest) == (60 * DAY, 75 * DAY, 90 * DAY, DAY)
    assert list(misfits(POLICY, TURN)) == []


@pytest.mark.parametrize(
    ("policy", "misfit"),
    [
        (Policy(limit=LONGEST + SECOND), Misfit.TOO_LONG),
        (Policy(rest=DAY - SECOND), Misfit.TOO_LITTLE_REST),
        (Policy(renewed_after=74 * DAY), Misfit.NO_TIME_TO_SWEEP),
        (Policy(renewed_after=74 * DAY - 2 * TURN + SECOND), Misfit.NO_TIME_TO_SWEEP),
        (Policy(rest=15 * DAY), Misfit.NO_TIME_TO_SWEEP),
        (Policy(swept_by=90 * DAY - TURN + SECOND), Misfit.NO_TIME_TO_BE_LATE),
        (Policy(limit=75 * DAY), Misfit.NO_TIME_TO_BE_LATE),
    ],
)
def test_periods_that_do_not_fit_are_found(policy: Policy, misfit: Misfit) -> None:
    """A maintenance turn counts: what is due is not done in the same moment."""
    assert list(misfits(policy, TURN)) == [misfit]


def test_periods_that_just_fit_are_fine() -> None:
    """Each of them to the second."""
    assert list(misfits(Policy(renewed_after=74 * DAY - 2 * TURN, swept_by=75 * DAY), TURN)) == []
    assert list(misfits(Policy(swept_by=90 * DAY - TURN), TURN)) == []


def test_a_key_is_replaced_at_its_age() -> None:
    """Not a moment sooner, unless somebody asked for it."""
    key = made()
    assert renewal_at(key, POLICY) == NOW + 60 * DAY
    assert not needs_renewal(key, POLICY, NOW + 60 * DAY - SECOND)
    assert needs_renewal(key, POLICY, NOW + 60 * DAY)
    asked = ask_to_replace(key, NOW + DAY, suspected=False)
    assert renewal_at(asked, POLICY) == NOW + DAY
    assert needs_renewal(asked, POLICY, NOW)


def test_a_key_from_the_future_is_replaced_at_once() -> None:
    """A clock was wrong when it was made, so that nobody knows how old it is."""
    assert not is_misdated(NOW + TOLERANCE, NOW)
    assert not needs_renewal(made(created=NOW + TOLERANCE), POLICY, NOW)
    assert needs_renewal(made(created=NOW + TOLERANCE + SECOND), POLICY, NOW)


def test_all_but_the_newest_active_key_are_superseded() -> None:
    """Whatever the order in which they are listed."""
    old, older, newest = made(2), made(1), made(3)
    assert superseded([old, newest, older]) == [old, older]
    assert superseded([newest, made(4, state=State.DESTROYED)]) == []
    assert superseded([]) == []


def test_retired_keys_come_oldest_first() -> None:
    """Withdrawn ones are among them; active and destroyed ones are not."""
    second, first = retire(made(2), NOW), withdraw(retire(made(1), NOW), NOW)
    assert retired([second, first, made(3), destroy(made(4), NOW)]) == [first, second]


def test_a_retirement_in_the_future_counts_from_now() -> None:
    """A wrong clock delays the destruction of a key by no more than its rest."""
    wrong = retire(made(1), NOW + 300 * DAY)
    right = retire(made(2), NOW - DAY)
    assert overdue_retirements([wrong, right, made(3), made(4)], NOW) == [made(3), wrong]
    assert retire_by(wrong, NOW).retired == NOW
    assert retire_by(right, NOW) == right
    assert retire_by(made(3), NOW) == retire(made(3), NOW)


def test_a_key_rests_from_its_retirement() -> None:
    """For as long as the policy says."""
    assert rest_ends(retire(made(), NOW + DAY), POLICY) == NOW + 2 * DAY
    assert rest_ends(made(), POLICY) == NOW + DAY


def test_only_a_key_that_may_have_leaked_is_withdrawn() -> None:
    """And only once it is retired, and once."""
    leaked = ask_to_replace(made(), NOW, suspected=True)
    assert not may_be_withdrawn(leaked)
    assert may_be_withdrawn(retire(leaked, NOW))
    assert not may_be_withdrawn(withdraw(retire(leaked, NOW), NOW))
    assert not may_be_withdrawn(retire(ask_to_replace(made(), NOW, suspected=False), NOW))


def told(generations: list[Generation], now: datetime, *, sealed_below: bool = False) -> list[Concern]:
    """What is not as it should be."""
    return list(concerns(generations, POLICY, now, sealed_below=sealed_below))


def test_a_key_that_is_not_replaced_in_time_is_told() -> None:
    """Amber from its day, red from the day on which nothing should be under it, and red again beyond the limit."""
    key = made()
    assert told([key], NOW + 60 * DAY - SECOND) == []
    assert told([key], NOW + 60 * DAY) == [Concern(Colour.AMBER, "due-key", 1)]
    assert told([key], NOW + 75 * DAY) == [Concern(Colour.RED, "late-key", 1)]
    assert told([key], NOW + 90 * DAY) == [Concern(Colour.RED, "key-beyond-limit", 1)]


def test_an_old_key_is_told_for_as_long_as_something_may_be_under_it() -> None:
    """An empty one may wait for the backups as long as it likes."""
    keys = [retire(made(1), NOW + 60 * DAY), made(2, NOW + 60 * DAY), destroy(made(3, NOW - 300 * DAY), NOW)]
    for days, code in ((61, None), (75, "late-sweep"), (90, "key-beyond-limit")):
        assert told(keys, NOW + days * DAY) == []
        expected = [] if code is None else [Concern(Colour.RED, code, 1)]
        assert told(keys, NOW + days * DAY, sealed_below=True) == expected


def test_wrong_dates_and_suspicions_are_told() -> None:
    """The cause of the one is a clock; the other is there until the key is withdrawn."""
    leaked = retire(ask_to_replace(made(1), NOW, suspected=True), NOW)
    assert told([leaked, made(2)], NOW) == [Concern(Colour.AMBER, "suspected-key", 1)]
    assert told([withdraw(leaked, NOW), made(2)], NOW) == []
    ahead = made(2, NOW + 2 * TOLERANCE)
    assert {concern.code for concern in told([ahead], NOW)} == {"wrong-date", "due-key"}


def test_the_worst_says_how_all_of_it_stands() -> None:
    """Nothing is green."""
    assert worst([]) is Colour.GREEN
    assert worst([Colour.AMBER, Colour.RED, Colour.GREEN]) is Colour.RED


def lived(outages: set[int], days: int) -> Iterator[tuple[datetime, list[Generation]]]:
    """Go through the days of a key, with maintenance once a day but for the outages; yield each evening."""
    keys = [made(1)]
    for day in range(days):
        now = NOW + day * DAY
        newest = active(keys)
        assert newest is not None
        if day not in outages:
            if needs_renewal(newest, POLICY, now):
                keys.append(made(len(keys) + 1, now))
            due = {each.number for each in overdue_retirements(keys, now)}
            keys = [retire_by(each, now) if each.number in due else each for each in keys]
            keys = [destroy(each, now) if rested(each, now, POLICY.rest) else each for each in keys]
        yield now, keys


@given(st.lists(st.tuples(st.integers(0, 239), st.integers(1, 14)), max_size=6))
def test_no_outage_within_the_margin_keeps_a_key_beyond_its_limit(outages: list[tuple[int, int]]) -> None:
    """Eight months, in which maintenance is out for up to fourteen days at a time: no key in use is ever too old."""
    out: set[int] = set()
    for first, length in outages:
        days = set(range(first, first + length))
        if not {first - 1, *days, first + length} & out:
            out |= days
    for now, keys in lived(out, 240):
        newest = active(keys)
        assert newest is not None
        assert now - newest.created <= POLICY.swept_by
        assert all(now - each.created < POLICY.limit for each in retired(keys)), "an old key outstays its rest"
        assert worst(each.colour for each in told(keys, now)) < Colour.RED


def test_an_outage_beyond_the_margin_is_red_and_over_when_maintenance_is_back() -> None:
    """Nothing stops meanwhile; the day after, all is well."""
    colours = [worst(each.colour for each in told(keys, now)) for now, keys in lived(set(range(50, 80)), 90)]
    assert colours[74] is Colour.AMBER
    assert set(colours[75:80]) == {Colour.RED}
    assert set(colours[80:]) == {Colour.GREEN}
