"""Reporting accounts: every step may fail; nobody is skipped, and one batch is repeated at the most."""

import pytest

from application.accounts.cycles import CYCLE
from application.users import USER
from domain.accounts import Verdict
from domain.ids import SYSTEM, TenantId
from domain.users import User
from ports.accounts import BATCH
from ports.errors import PortError
from tests.fakes.accounts import FakeAccountReports
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage
from tests.unit.application.accounts.scenes import Desk
from tests.unit.application.tenants.scenes import Registry

USERS = 100
ACCOUNTS = {f"account-{number}" for number in range(USERS)}
CLOSED = {"account-3", "account-97"}


async def office_with(storage: FlakyStorage, jira: FakeAccountReports) -> tuple[Desk, TenantId]:
    """Return a process before a site that is due for its report."""
    house = House(storage)
    await house.vault.create(SYSTEM)
    office = Desk(Registry(house), jira)
    tenant = await office.site(USERS)
    office.time.go_on(hours=24)
    return office, tenant


async def kept(office: Desk, tenant: TenantId) -> set[str]:
    """Return the accounts that are kept."""
    held = await office.registry.house.records.scan(tenant, USER, User)
    return {user.value.account for user in held if user.value.account is not None}


async def tried(fault: Fault) -> bool:
    """Report with one fault, then without; check what must hold; whether the fault struck at all."""
    storage, jira = FlakyStorage(MemoryStorage()), FakeAccountReports()
    office, tenant = await office_with(storage, jira)
    jira.verdicts = dict.fromkeys(CLOSED, Verdict.CLOSED)
    storage.steps.clear()
    storage.plan = (fault,)
    try:
        await office.run()
    except (Died, PortError):
        assert len(storage.steps) >= fault.call
    struck = len(storage.steps) >= fault.call
    survivor = office.neighbour(storage.inner)
    assert await kept(survivor, tenant) >= ACCOUNTS - CLOSED
    await survivor.run()
    assert await kept(survivor, tenant) == ACCOUNTS - CLOSED
    told = [account for report in jira.told for account in report.ids]
    assert set(told) == ACCOUNTS
    assert len(told) <= USERS + BATCH, "more than one batch was repeated"
    assert (await survivor.cycle(tenant)).due > survivor.time.now
    return struck


@pytest.mark.parametrize("times", [1, 20], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_every_account_is_reported_whatever_fails(harm: Harm, times: int) -> None:
    """After a crash or a cut at any step another process completes the report."""
    step = 1
    while await tried(Fault(step, harm, times=times)):
        step += 1
    assert step > 5


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_no_user_is_kept_without_being_reported(harm: Harm) -> None:
    """The first sight of a user may fail at any step: where there is a user record, there is a cycle."""
    step, struck = 1, True
    while struck:
        storage, jira = FlakyStorage(MemoryStorage()), FakeAccountReports()
        house = House(storage)
        await house.vault.create(SYSTEM)
        office = Desk(Registry(house), jira)
        tenant = await office.site(0)
        storage.steps.clear()
        storage.plan = (Fault(step, harm),)
        try:
            await office.registry.users.internal_id(tenant, "account")
        except (Died, PortError):
            assert len(storage.steps) >= step
        struck = len(storage.steps) >= step
        users, cycles = [await storage.inner.scan(tenant, kind) for kind in (USER, CYCLE)]
        assert len(users) <= len(cycles)
        step += 1
    assert step > 3
