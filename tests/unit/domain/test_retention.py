"""A removed site is purged when it is due, no sooner, and never while it is held or installed."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.approvals import Request
from domain.holds import place, release
from domain.ids import TenantId
from domain.retention import (
    LIMIT,
    Obstacle,
    RetentionPolicy,
    Stage,
    begin_purge,
    is_overdue,
    keeps_the_promise,
    may_let_go,
    obstacle,
    purge_due,
    shredded_by,
    stage,
)
from domain.tenants import Installation, Tenant, TenantState, begin_life, install, state, switch, uninstall

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
POLICY = RetentionPolicy(
    grace=14 * DAY, maintenance=DAY, copy_interval=DAY, vault_copies=10 * DAY, soft_delete=3 * DAY, pruning=DAY
)
INSTALLED = begin_life(TenantId("t"), Installation(alias="jira:a", issued=START), START)
REMOVED = uninstall(INSTALLED, START + DAY)
DUE = START + 15 * DAY
REQUEST = Request(reason="r", at=START)


def test_the_way_may_take_thirty_days_and_not_a_moment_more() -> None:
    """Every part counts, since each begins where the one before has ended."""
    assert POLICY.total == LIMIT
    assert keeps_the_promise(POLICY)
    for part in ("grace", "maintenance", "copy_interval", "vault_copies", "soft_delete", "pruning"):
        assert not keeps_the_promise(replace(POLICY, **{part: getattr(POLICY, part) + MOMENT}))


def test_dates_count_from_the_removal() -> None:
    """Nothing is due while the app is installed."""
    assert purge_due(INSTALLED, POLICY) is None
    assert purge_due(REMOVED, POLICY) == DUE
    assert shredded_by(START, POLICY) == START + LIMIT
    assert not is_overdue(START, START + LIMIT)
    assert is_overdue(START, START + LIMIT + MOMENT)


@pytest.mark.parametrize(
    ("tenant", "now", "wanted", "expected"),
    [
        (INSTALLED, DUE + 99 * DAY, "when due", Obstacle.INSTALLED),
        (INSTALLED, DUE + 99 * DAY, "early", Obstacle.INSTALLED),
        (REMOVED, DUE - MOMENT, "when due", Obstacle.GRACE),
        (REMOVED, DUE - MOMENT, "early", None),
        (REMOVED, DUE, "when due", None),
        (replace(REMOVED, holds=place((), REQUEST)), DUE, "when due", Obstacle.HELD),
        (replace(REMOVED, holds=place((), REQUEST)), DUE - MOMENT, "early", Obstacle.HELD),
        (replace(REMOVED, holds=release(place((), REQUEST), REQUEST)), DUE, "when due", None),
    ],
)
def test_what_keeps_a_tenant_from_being_purged(
    tenant: Tenant, now: datetime, wanted: str, expected: Obstacle | None
) -> None:
    """An installed site is never purged; a hold goes before an early wish, too."""
    early = wanted == "early"
    assert obstacle(tenant, POLICY, now, early=early) is expected
    begun = begin_purge(tenant, POLICY, now, early=early)
    assert begun.purging == (now if expected is None else None)
    assert replace(begun, purging=None) == tenant


@pytest.mark.parametrize(
    ("tenant", "now", "expected"),
    [
        (INSTALLED, DUE, Stage.INSTALLED),
        (REMOVED, DUE - MOMENT, Stage.GRACE),
        (REMOVED, DUE, Stage.DUE),
        (replace(REMOVED, holds=place((), REQUEST)), DUE, Stage.HELD),
        (begin_purge(REMOVED, POLICY, DUE), DUE, Stage.PURGING),
    ],
)
def test_a_tenant_that_is_there_is_at_one_stage(tenant: Tenant, now: datetime, expected: Stage) -> None:
    """Of its way out."""
    assert stage(tenant, POLICY, now) is expected


def test_nothing_brings_a_tenant_back_whose_purge_has_begun() -> None:
    """Neither installing nor enabling; beginning again leaves the first date."""
    purging = begin_purge(REMOVED, POLICY, DUE)
    assert state(purging) is TenantState.PURGING
    later = Installation(alias="jira:a", issued=DUE + DAY)
    assert install(purging, later, DUE + DAY) == purging
    assert state(switch(purging, DUE + DAY, enabled=True)) is TenantState.PURGING
    assert begin_purge(purging, POLICY, DUE + DAY) == purging


def test_what_was_removed_is_let_go_only_while_it_could_be_brought_back() -> None:
    """Neither of a site that does not use the app, nor of one under a legal hold, until that is released."""
    held = replace(INSTALLED, holds=place((), REQUEST))
    assert may_let_go(INSTALLED)
    assert not may_let_go(REMOVED)
    assert not may_let_go(switch(INSTALLED, DUE, enabled=False))
    assert not may_let_go(held)
    assert may_let_go(replace(held, holds=release(held.holds, REQUEST)))
