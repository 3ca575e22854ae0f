"""Accounts of Forge installations are reported when Forge calls, with the token that it gives; the job watches."""

from application.maintenance.jobs import Report
from domain.accounts import Verdict
from domain.ids import TenantId
from ports.accounts import ForgeInstallation
from ports.errors import Unavailable
from tests.unit.application.accounts.scenes import Desk, desk

TOKEN = "token of the system"


async def called(office: Desk, tenant: TenantId) -> None:
    """Let Forge call."""
    await office.reporting.of_installation(tenant, TOKEN, office.turn(3))


async def test_a_call_reports_what_is_due() -> None:
    """Before a day has passed nothing is; then all accounts are reported with the token; then none for a cycle."""
    office, jira = await desk()
    tenant = await office.installation(3)
    jira.verdicts = {"account-1": Verdict.CLOSED}
    await called(office, tenant)
    assert jira.asked == 0
    office.time.go_on(hours=24)
    await called(office, tenant)
    assert [(told.way, len(told.ids)) for told in jira.told] == [(ForgeInstallation(TOKEN), 3)]
    assert await office.account(tenant, "account-1") is None
    office.time.go_on(hours=6 * 24)
    await called(office, tenant)
    assert len(jira.told) == 1
    office.time.go_on(hours=25)
    await called(office, tenant)
    assert [len(told.ids) for told in jira.told] == [3, 2]


async def test_a_call_reports_for_three_seconds_and_the_next_goes_on() -> None:
    """Forge does not wait for long; nothing is reported twice."""
    office, jira = await desk()
    tenant = await office.installation(400)
    office.time.go_on(hours=24)
    await called(office, tenant)
    assert [len(told.ids) for told in jira.told] == [90, 90, 90]
    await called(office, tenant)
    assert sum(len(told.ids) for told in jira.told) == 400


async def test_a_call_that_fails_is_made_up_for_by_a_later_one() -> None:
    """The failure is nothing that Forge could do something about."""
    office, jira = await desk()
    tenant = await office.installation(1)
    office.time.go_on(hours=24)
    jira.failure = Unavailable("out")
    await called(office, tenant)
    jira.failure = None
    await called(office, tenant)
    assert jira.told == []
    office.time.go_on(hours=1)
    await called(office, tenant)
    assert len(jira.told) == 1


async def test_an_installation_without_users_has_nothing_to_report() -> None:
    """Nobody has come yet."""
    office, jira = await desk()
    await called(office, await office.installation(0))
    assert jira.asked == 0


async def test_the_job_speaks_to_jira_for_no_installation() -> None:
    """It has no token; while Forge calls as it should there is nothing to say."""
    office, jira = await desk()
    tenant = await office.installation(1)
    for _ in range(60):
        assert await office.tomorrow() == Report()
        await called(office, tenant)
    assert len(jira.told) in {8, 9}


async def test_the_job_tells_of_a_forge_that_does_not_call() -> None:
    """When a whole cycle was missed an operator learns what is missing in the manifest; once a day, not each minute."""
    office, jira = await desk()
    tenant = await office.installation(1)
    assert (await office.tomorrow(13)).findings == ()
    report = await office.tomorrow(2)
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("account-reports-behind", tenant)
    assert "scheduled trigger" in finding.what
    assert await office.run() == Report()
    assert len((await office.tomorrow()).findings) == 1
    assert jira.asked == 0
    await called(office, tenant)
    assert len(jira.told) == 1
    assert (await office.tomorrow()).findings == ()
