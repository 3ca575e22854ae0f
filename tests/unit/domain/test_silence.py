"""Silence ends a tenant, and an outage ends none."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.forge import ForgeCall, begin_forge_life
from domain.forge_use import ForgeInstallation, ForgeUse
from domain.ids import TenantId
from domain.retention import LIMIT, RetentionPolicy, grace_began, keeps_the_promise, purge_due, shredded_by
from domain.silence import (
    COUNTED,
    QUIET,
    STEP,
    TOGETHER,
    SilencePolicy,
    add_silence,
    earliest_end,
    end,
    has_ended,
    is_no_tenant_heard,
    is_platform_out,
    is_quiet,
    remaining_silence,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
SILENCE = SilencePolicy()
POLICY = RetentionPolicy(
    grace=14 * DAY, maintenance=DAY, copy_interval=DAY, vault_copies=10 * DAY, soft_delete=3 * DAY, pruning=DAY
)
HEARD = ForgeUse(last_heard=START)


def silent(days: float, all_silent: float = 0, *, leaving: bool = False) -> ForgeUse:
    """Return a history with so many days of silence."""
    left = START if leaving else None
    return ForgeUse(last_heard=START, silent=days * DAY, all_silent=all_silent * DAY, leaving=left)


@pytest.mark.parametrize(
    ("use", "left"),
    [
        (silent(0), 10),
        (silent(9.5), 0.5),
        (silent(4, 4), 2),
        (silent(10), 0),
        (silent(99), 0),
        (silent(0, leaving=True), 3),
        (silent(3, leaving=True), 0),
        (silent(9, leaving=True), 0),
        (silent(0, 5, leaving=True), 1.5),
        (silent(0, 7, leaving=True), 0.9),
        (silent(0, 10, leaving=True), 0),
    ],
)
def test_how_long_a_silence_must_still_last(use: ForgeUse, left: float) -> None:
    """Ten days; three after leaving, in which time without any tenant heard counts for three tenths."""
    assert abs(remaining_silence(use, SILENCE) - left * DAY) <= MOMENT
    assert has_ended(use, SILENCE) == (left == 0)


def test_leaving_never_takes_longer() -> None:
    """Whatever is configured."""
    assert remaining_silence(silent(1, leaving=True), replace(SILENCE, leaving=30 * DAY)) == 9 * DAY


def test_no_two_looks_count_for_more_than_a_day() -> None:
    """A process that was stopped in between has heard nothing either."""
    assert add_silence(HEARD, 60, no_tenant_heard=False) == replace(HEARD, silent=timedelta(minutes=1))
    assert add_silence(HEARD, 10**7, no_tenant_heard=True) == replace(HEARD, all_silent=STEP)


def test_a_tenant_is_quiet_after_hours() -> None:
    """One that uses the app is heard every hour."""
    assert not is_quiet(replace(HEARD, silent=QUIET - MOMENT))
    assert is_quiet(replace(HEARD, silent=QUIET / 2, all_silent=QUIET / 2))
    assert is_no_tenant_heard([silent(1), silent(2)])
    assert is_no_tenant_heard([replace(HEARD, silent=COUNTED / 2, all_silent=COUNTED / 2)])
    assert not is_no_tenant_heard([silent(1), replace(HEARD, silent=COUNTED - MOMENT)])
    assert not is_no_tenant_heard([silent(1), HEARD])


@pytest.mark.parametrize(("quiet", "known"), [(4, 4), (4, 19), (5, 20), (99, 99)])
def test_the_platform_is_out_when_too_many_fall_silent(quiet: int, known: int) -> None:
    """More than a fifth of all, and more than three."""
    assert is_platform_out([silent(1)] * quiet + [HEARD] * (known - quiet), SILENCE)


@pytest.mark.parametrize(("quiet", "known"), [(0, 0), (3, 3), (4, 20), (19, 99)])
def test_the_platform_is_not_out_when_a_few_fall_silent(quiet: int, known: int) -> None:
    """Each of them has left."""
    assert not is_platform_out([silent(1)] * quiet + [HEARD] * (known - quiet), SILENCE)


def test_the_platform_is_out_only_where_they_fall_silent_together() -> None:
    """Customers leave one by one, and are silent side by side for ten days."""
    together = [replace(silent(1), last_heard=START + TOGETHER * number / 3) for number in range(4)]
    apart = [replace(silent(1), last_heard=START + (TOGETHER + MOMENT) * number / 3) for number in range(4)]
    assert is_platform_out(together, SILENCE)
    assert not is_platform_out(apart, SILENCE)


def test_tenants_that_no_token_has_named_say_nothing_beside_others() -> None:
    """An upgrade counts all of them as heard at one moment, those that left long ago as well."""
    never_heard = [silent(1)] * 4
    named = replace(HEARD, installations=(ForgeInstallation(id="one", first_heard=START, last_heard=START),))
    assert not is_platform_out([*never_heard, named], SILENCE)
    assert is_platform_out([*never_heard, replace(named, silent=DAY)], SILENCE), "they alone are out"
    assert is_platform_out([*never_heard, named, *[replace(named, silent=DAY)] * 4], SILENCE)
    assert is_platform_out(never_heard, SILENCE)


def test_an_operator_can_say_that_they_have_left() -> None:
    """With a share of all, nothing is taken for an outage."""
    assert not is_platform_out([silent(1)] * 9, replace(SILENCE, outage_share=1.0))


def test_when_a_tenant_ends() -> None:
    """Counted from when it was heard, and once it is silent from now, as what did not count does not count."""
    now = START + 20 * DAY
    assert earliest_end(HEARD, SILENCE, now) == START + 10 * DAY
    assert earliest_end(silent(4), SILENCE, now) == now + 6 * DAY


def test_an_end_counts_from_when_the_tenant_was_heard_last() -> None:
    """What is found in time leaves the grace as it is; what is found late leaves some days to return in."""
    call = ForgeCall(environment="e", cloud_id="c", installation="i", issued=START - DAY)
    tenant = begin_forge_life(TenantId("t"), call, START)
    in_time = end(tenant, HEARD, SILENCE, POLICY.grace, START + 10 * DAY)
    assert (in_time.uninstalled, in_time.present_since, grace_began(in_time)) == (START, START, START)
    assert purge_due(in_time, POLICY) == START + 14 * DAY
    assert shredded_by(START, POLICY) == START + LIMIT
    late = end(tenant, HEARD, SILENCE, POLICY.grace, START + 17 * DAY)
    assert (late.uninstalled, grace_began(late)) == (START, START + 7 * DAY)
    assert purge_due(late, POLICY) == START + (17 + 4) * DAY
    assert (grace_began(tenant), purge_due(tenant, POLICY)) == (None, None)


def test_both_silences_are_in_the_arithmetic() -> None:
    """A silence that leaves too little of the grace makes everything later, and must fit as well."""
    assert POLICY.total_after(SILENCE.silence) == POLICY.total_after(SILENCE.leaving) == LIMIT
    for longer in (
        replace(SILENCE, silence=SILENCE.silence + MOMENT),
        replace(SILENCE, leaving=SILENCE.silence + MOMENT),
        replace(SILENCE, returning=SILENCE.returning + MOMENT),
    ):
        assert not keeps_the_promise(replace(POLICY, silence=longer))
        assert keeps_the_promise(replace(POLICY, silence=longer), forge=False)
        assert keeps_the_promise(replace(POLICY, silence=longer, pruning=POLICY.pruning - MOMENT))
