"""Any number of processes may replace one password at once, and be stopped on the way for as long as they like."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from application.credentials.agreements import Agreement, Agreements
from ports.errors import NotFound
from tests.fakes.secrets import MemorySecretStore
from tests.unit.application.credentials.scenes import (
    AGE,
    SETTLING,
    Stopped,
    TwoVersions,
    a_settled_site,
    with_administrator,
)

KINDS = pytest.mark.parametrize("kind", [MemorySecretStore, TwoVersions])


async def test_to_agree_twice_is_to_agree_once() -> None:
    """Whoever comes second finds it agreed."""
    site = await a_settled_site(parts=("storage",))
    agreements = Agreements(site.house.records)
    for _ in range(2):
        await agreements.settle("storage", "1")
    assert [await agreements.agree("storage", "1", word) for word in ("one", "two")] == ["one", "one"]
    assert await agreements.find("storage", "1") == Agreement(settled=True, password="one")


async def test_two_processes_at_once_do_the_same() -> None:
    """Any number of them: the password is agreed on, and whoever comes second finds it done."""
    site = await a_settled_site(TwoVersions)
    for _ in range(3):
        site.go_on(AGE + SETTLING)
        await asyncio.gather(*(site.ran() for _ in range(4)))
        assert site.admits(await site.newest())
        for _ in range(2):
            site.go_on(SETTLING)
            await asyncio.gather(*(site.ran() for _ in range(4)))
        assert site.admits(await site.newest())


@pytest.mark.parametrize("administered", [False, True])
@pytest.mark.parametrize("due", [AGE, SETTLING])
async def test_a_process_that_was_stopped_for_months_locks_nobody_out(
    due: timedelta,
    administered: bool,  # noqa: FBT001 - a parameter's value
) -> None:
    """Whichever step it was stopped before: it looks again, and what it puts out of date is made true."""
    before = 0
    while True:
        before += 1
        site = await a_settled_site(parts=("storage",))
        if administered:
            site = await with_administrator(site)
            site.go_on(SETTLING)
            await site.ran()
        for time in (AGE, SETTLING) if due is SETTLING else ():
            site.go_on(time - SETTLING)
            await site.ran()
        site.go_on(due)
        steps = Stopped(site, before)
        with suppress(NotFound):
            await site.ran(steps)
        started = await site.instance()
        await started.check()
        await started.close()
        site.go_on(SETTLING)
        await site.ran()
        assert [site.admits(address) for address in await site.addresses()] == [True, False]
        if steps.taken < before:
            break
    assert before > 8
