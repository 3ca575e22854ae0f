"""Every account of a site that uses the app is reported once in each cycle, and what Jira says of it is done."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from application.accounts.job import ReportingAccounts
from application.maintenance.jobs import Due, Progress, Report, Turn
from application.tenants.lifecycle import switch_app, uninstall_app
from domain.accounts import PERIOD, Verdict
from ports.accounts import ConnectSite
from ports.errors import NotFound, PermissionDenied, PortError, Unavailable
from ports.storage import Ref
from tests.fakes.accounts import FakeAccountReports
from tests.fakes.storage import MemoryStorage
from tests.unit.application.accounts.scenes import DAY, desk
from tests.unit.application.tenants.scenes import ALIAS

SITE = ConnectSite("https://a.atlassian.net", "site-a", "secret")


def ids(jira: FakeAccountReports) -> list[str]:
    """Return all accounts that Jira was told of, in order."""
    return [account for told in jira.told for account in told.ids]


async def test_accounts_are_reported_in_batches_of_ninety() -> None:
    """A day after the first user was seen, all of them are, each once, on the site's behalf; then none for a week."""
    office, jira = await desk()
    tenant = await office.site(200)
    assert (await office.run()).done == {}
    report = await office.tomorrow()
    assert report == Report(done={"accounts reported": 200, "reports completed": 1})
    assert [len(told.ids) for told in jira.told] == [90, 90, 20]
    assert sorted(ids(jira)) == sorted(f"account-{number}" for number in range(200))
    assert {told.way for told in jira.told} == {SITE}
    assert await office.run() == Report()
    assert (await office.tomorrow(6.9)).done == {}
    assert (await office.tomorrow(0.2)).done == {"accounts reported": 200, "reports completed": 1}
    assert (await office.cycle(tenant)).failures == 0


async def test_reports_are_paced() -> None:
    """Between two reports there is a second of rest."""
    office, jira = await desk()
    await office.site(200)
    office.time.go_on(hours=DAY)
    moments = []
    jira.meanwhile = lambda: moments.append(office.time.monotonic())
    await office.run()
    assert [later - earlier for earlier, later in pairwise(moments)] == [1, 1]


async def test_the_moment_of_retrieval_is_told() -> None:
    """Jira is told when each account was retrieved, and decides by it whether it has changed since."""
    office, jira = await desk()
    await office.site(1)
    seen = office.time.now
    await office.tomorrow()
    assert [account.retrieved for account in jira.told[0].accounts] == [seen]


async def test_a_closed_account_is_erased() -> None:
    """Nothing is kept of it, so that it is not reported again; the user's id goes on standing for somebody."""
    office, jira = await desk()
    tenant = await office.site(3)
    jira.verdicts = {"account-1": Verdict.CLOSED, "account-of-nobody-here": Verdict.CLOSED}
    assert (await office.tomorrow()).done == {"accounts erased": 1, "accounts reported": 3, "reports completed": 1}
    assert await office.account(tenant, "account-1") is None
    assert await office.account(tenant, "account-2") == "account-2"
    jira.told.clear()
    await office.tomorrow(8)
    assert sorted(ids(jira)) == ["account-0", "account-2"]


async def test_a_site_whose_users_have_all_departed_is_not_asked_about() -> None:
    """Without an account there is nothing to report."""
    office, jira = await desk()
    await office.site(2)
    jira.verdicts = {"account-0": Verdict.CLOSED, "account-1": Verdict.CLOSED}
    await office.tomorrow()
    asked = jira.asked
    assert (await office.tomorrow(8)).done == {"reports completed": 1}
    assert jira.asked == asked


async def test_an_updated_account_is_refreshed() -> None:
    """The next report tells of the moment of this one."""
    office, jira = await desk()
    await office.site(1)
    jira.verdicts = {"account-0": Verdict.UPDATED}
    assert (await office.tomorrow()).done == {"accounts refreshed": 1, "accounts reported": 1, "reports completed": 1}
    refreshed = office.time.now
    await office.tomorrow(8)
    assert refreshed - jira.told[1].accounts[0].retrieved <= timedelta(seconds=1)


async def test_the_cycle_is_as_long_as_jira_says() -> None:
    """Once it has said so."""
    office, jira = await desk()
    await office.site(1)
    jira.period = timedelta(days=20)
    await office.tomorrow()
    assert (await office.tomorrow(19.9)).done == {}
    assert (await office.tomorrow(0.2)).done == {"accounts reported": 1, "reports completed": 1}


async def test_jira_is_given_the_patience_that_it_asks_for() -> None:
    """The report goes on where it was, not before the time; nothing is wrong."""
    office, jira = await desk()
    tenant = await office.site(100)
    office.time.go_on(hours=DAY)
    jira.meanwhile = lambda: setattr(jira, "patience", timedelta(minutes=10) if jira.asked == 2 else None)
    assert await office.run() == Report(done={"accounts reported": 90, "reports put off": 1})
    office.time.go_on(seconds=590)
    assert await office.run() == Report()
    office.time.go_on(seconds=10)
    assert (await office.run()).done == {"accounts reported": 10, "reports completed": 1}
    assert (await office.cycle(tenant)).complete == office.time.now


@pytest.mark.parametrize("failure", [Unavailable("out"), PermissionDenied("no"), NotFound("where")])
async def test_a_site_that_does_not_answer_keeps_no_other_from_being_reported(failure: PortError) -> None:
    """It is tried again after an hour, then two, and told as a finding by the error's code alone."""
    office, jira = await desk()
    tenant = await office.site(1)
    jira.failure = failure
    report = await office.tomorrow()
    assert report.done == {"reports put off": 1}
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("account-report-failed", tenant)
    assert failure.code in finding.what
    jira.failure = None
    await office.site(1, "jira:b")
    office.time.go_on(hours=0.9)
    assert (await office.run()).done == {}
    office.time.go_on(hours=0.2)
    assert (await office.run()).done == {"accounts reported": 1, "reports completed": 1}


async def test_an_account_that_jira_cannot_have_is_left_out() -> None:
    """What a client has made up fails its batch, which is divided until it stands alone; the others are told."""
    office, jira = await desk()
    tenant = await office.site(90)
    jira.no_accounts = {"account-7", "account-70"}
    report = await office.tomorrow()
    assert report.done == {"accounts reported": 90, "reports completed": 1}
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("account-refused", tenant)
    assert "2 of the account ids" in finding.what
    assert len(ids(jira)) == 88
    assert jira.asked < 40


async def test_a_jira_that_refuses_everything_is_not_asked_for_ever() -> None:
    """A batch is divided twenty times at the most, then tried again later as a whole."""
    office, jira = await desk()
    await office.site(90)
    jira.no_accounts = {f"account-{number}" for number in range(90)}
    report = await office.tomorrow()
    assert report.done == {"reports put off": 1}
    assert [finding.code for finding in report.findings] == ["account-refused", "account-report-failed"]
    assert jira.asked < 50
    assert ids(jira) == []


async def test_only_sites_that_use_the_app_are_reported() -> None:
    """While it is disabled or uninstalled Jira is not spoken to; a day after it is back, it is."""
    office, jira = await desk()
    await office.site(1)
    registry = office.registry
    await switch_app(ALIAS, office.time.now, registry.tenants, enabled=False)
    assert (await office.tomorrow()).done == {}
    await switch_app(ALIAS, office.time.now, registry.tenants, enabled=True)
    assert (await office.tomorrow(0.9)).done == {}
    await uninstall_app(ALIAS, office.time.now, registry.tenants)
    assert (await office.tomorrow(8)).findings == ()
    assert jira.asked == 0
    await registry.install("again")
    report = await office.tomorrow()
    assert report.done == {"accounts reported": 1, "reports completed": 1}
    assert [told.way for told in jira.told] == [ConnectSite("https://a.atlassian.net", "site-a", "again")]


async def test_a_site_without_users_is_not_looked_at() -> None:
    """There is nothing to report where nobody has ever come."""
    office, _ = await desk()
    tenant = await office.site(0)
    assert await office.cycles.get(tenant) is None
    assert await office.tomorrow(30) == Report()


async def test_reports_that_are_behind_are_told() -> None:
    """When a whole cycle was missed an operator learns of it, until it is made up for."""
    office, jira = await desk()
    tenant = await office.site(1)
    jira.failure = Unavailable("out")
    codes = []
    for _ in range(16):
        codes = [finding.code for finding in (await office.tomorrow()).findings]
    assert codes == ["account-reports-behind", "account-report-failed"]
    jira.failure = None
    assert [finding.tenant for finding in (await office.tomorrow()).findings] == [tenant]
    assert (await office.tomorrow(8)).findings == ()


async def test_a_turn_that_is_over_leaves_the_rest_to_another() -> None:
    """The next turn, in another process, goes on behind what was answered."""
    office, jira = await desk()
    await office.site(200)
    office.time.go_on(hours=DAY)
    told: list[Progress] = []
    turn = Turn(office.time.monotonic, 1.5, told=told.append)
    assert await office.job.run(turn) == Report(done={"accounts reported": 180}, unfinished=True)
    assert told == [Progress(90), Progress(180)]
    assert (await office.neighbour().run()).done == {"accounts reported": 20, "reports completed": 1}
    assert len(ids(jira)) == 200


async def test_the_plan_says_when_each_tenant_is_due() -> None:
    """Soonest first, without speaking to Jira."""
    office, jira = await desk()
    one, seen = await office.site(1), office.time.now
    office.time.go_on(hours=1)
    other = await office.site(1, "jira:b")
    due = office.time.now + timedelta(days=1)
    assert await office.job.plan() == [
        Due(at=seen + timedelta(days=1), what="report accounts", tenant=one),
        Due(at=due, what="report accounts", tenant=other),
    ]
    assert jira.asked == 0


async def test_where_there_is_no_real_jira_nothing_is_reported() -> None:
    """A job that is not enabled plans nothing and does nothing."""
    office, jira = await desk()
    await office.site(1)
    registry = office.registry
    idle = ReportingAccounts(
        registry.house.records, registry.tenants, office.reporting, office.time.clock, enabled=False
    )
    office.time.go_on(hours=DAY)
    assert (await idle.plan(), await idle.run(office.turn()), jira.asked) == ([], Report(), 0)


async def test_an_erased_tenant_is_left_to_its_purge() -> None:
    """Where the tenant or its data key is gone there is nobody to report for, and the others are reported."""
    for gone in ("tenant", "key"):
        office, jira = await desk()
        tenant = await office.site(1)
        await office.site(1, "jira:b")
        house = office.registry.house
        if gone == "key":
            await house.vault_storage.erase(tenant)
        else:
            assert isinstance(house.storage, MemoryStorage)
            del house.storage.records[Ref(tenant, "tenant", "1")]
        office.time.go_on(hours=DAY)
        assert (await office.neighbour().run()).done == {"accounts reported": 1, "reports completed": 1}
        assert len(jira.told) == 1


async def test_of_two_processes_one_gives_way() -> None:
    """Whoever finds that another has gone on with the report leaves it to them; the report is completed once."""
    office, jira = await desk()
    tenant = await office.site(200)
    office.time.go_on(hours=DAY)
    reports = await asyncio.gather(office.run(), office.neighbour().run())
    assert sum(report.done.get("reports completed", 0) for report in reports) == 1
    assert set(ids(jira)) == {f"account-{number}" for number in range(200)}
    assert len(ids(jira)) <= 200 + 90
    assert (await office.cycle(tenant)).due > office.time.now + PERIOD - timedelta(minutes=1)
