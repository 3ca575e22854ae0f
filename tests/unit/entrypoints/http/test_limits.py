"""Each tenant has its share."""

import pytest

from domain.ids import TenantId
from entrypoints.http.limits import RateLimit
from entrypoints.http.problems import ProblemError
from tests.fakes.sources import FakeTime

HUNGRY = TenantId("a" * 24)
MODEST = TenantId("b" * 24)


def taken(limit: RateLimit, tenant: TenantId, times: int) -> int:
    """Return how many of so many requests are let through."""
    let_through = 0
    for _ in range(times):
        try:
            limit.take(tenant)
        except ProblemError:
            continue
        let_through += 1
    return let_through


def test_a_burst_is_let_through_and_no_more() -> None:
    """So many at once, then none."""
    assert taken(RateLimit(1.0, 5, FakeTime().monotonic), HUNGRY, 10) == 5


def test_a_share_comes_back_with_time_up_to_a_burst() -> None:
    """Each second brings back what a second is worth; a long rest brings back one burst."""
    time = FakeTime()
    limit = RateLimit(2.0, 4, time.monotonic)
    assert taken(limit, HUNGRY, 10) == 4
    time.go_on(seconds=1)
    assert taken(limit, HUNGRY, 10) == 2
    time.go_on(hours=1)
    assert taken(limit, HUNGRY, 10) == 4


def test_one_tenant_takes_nothing_from_another() -> None:
    """Buckets are apart."""
    limit = RateLimit(1.0, 3, FakeTime().monotonic)
    assert taken(limit, HUNGRY, 10) == 3
    assert taken(limit, MODEST, 10) == 3


def test_the_time_to_wait_is_told_in_whole_seconds() -> None:
    """Coming again after that time is enough."""
    time = FakeTime()
    limit = RateLimit(0.3, 1, time.monotonic)
    limit.take(HUNGRY)
    with pytest.raises(ProblemError) as refused:
        limit.take(HUNGRY)
    assert refused.value.headers == {"Retry-After": "4"}
    time.go_on(seconds=4)
    limit.take(HUNGRY)


def test_tenants_that_have_rested_are_forgotten() -> None:
    """Beyond a number of tenants, those with a full bucket are no longer remembered; the others are."""
    time = FakeTime()
    limit = RateLimit(1.0, 10, time.monotonic, remembered=3)
    for number in range(3):
        limit.take(TenantId(f"{number:024x}"))
    time.go_on(seconds=60)
    assert taken(limit, HUNGRY, 20) == 10
    assert limit.known == {HUNGRY}
    assert taken(limit, MODEST, 1) == 1
    assert limit.known == {HUNGRY, MODEST}
