"""Accounts are reported over HTTP: to a Jira that listens on this machine, and when Forge calls."""

from collections.abc import Iterator

import httpx
import pytest

from adapters.jira.accounts import JiraAccountReports
from application.tenants.lifecycle import install_app
from domain.accounts import Verdict
from domain.ids import SYSTEM, TenantId
from domain.tenants import Installation, Site
from entrypoints.http.tokens.outgoing import signer
from entrypoints.loopback import is_trustworthy
from entrypoints.sandbox.forge import ForgeSite
from tests.e2e.service import Service
from tests.fakes.house import House
from tests.servers.jira import ACTIVE, CLOSED, ReportingJira, serving
from tests.unit.application.accounts.scenes import Desk
from tests.unit.application.tenants.scenes import Registry

pytestmark = pytest.mark.clouds


@pytest.fixture
def registry() -> Registry:
    """Return what a process knows of tenants and users."""
    return Registry(House())


@pytest.fixture
def jira(registry: Registry) -> Iterator[tuple[ReportingJira, str]]:
    """Yield a Jira that has shared its secret, and its address."""
    jira = ReportingJira(registry.time.clock, "panorama")
    jira.secrets["site"] = "s" * 48
    with serving(jira) as address:
        yield jira, address


async def test_a_site_is_told_over_http_and_a_closed_account_is_erased(
    registry: Registry, jira: tuple[ReportingJira, str]
) -> None:
    """Signed with the secret that was shared at the installation; the job does what the answer says."""
    reporting, address = jira
    time = registry.time
    await registry.house.vault.create(SYSTEM)
    installation = Installation(alias="jira:site", issued=time.now, site=Site(address, "jira"), secret="s" * 48)
    tenant = await install_app(installation, registry.tenants, time.clock)
    assert tenant is not None
    for account in (ACTIVE, CLOSED):
        await registry.users.internal_id(tenant, account)
    reports = JiraAccountReports(
        sign=signer("panorama", time.clock), trust=is_trustworthy, clock=time.clock, sleep=time.sleep
    )
    office = Desk(registry, reports)
    assert (await office.tomorrow()).done == {"accounts erased": 1, "accounts reported": 2, "reports completed": 1}
    assert (await office.account(tenant, ACTIVE), await office.account(tenant, CLOSED)) == (ACTIVE, None)
    assert [sorted(batch) for batch in reporting.reported] == [sorted((ACTIVE, CLOSED))]
    await reports.close()


@pytest.mark.parametrize("path", ["/forge/hourly", "/forge/personal-data"])
async def test_forge_calls_and_the_accounts_of_its_installation_are_reported(service: Service, path: str) -> None:
    """With the token that it brings; whose account is closed is a departed user from then on."""
    site = await service.install_through_forge()
    tenant = await tenant_of(service, site)
    user = await service.services.users.internal_id(tenant, "712020:carol")
    service.account_reports.verdicts = {"712020:carol": Verdict.CLOSED}
    assert await service.told(service.jira.forge.hourly(site, path)) == httpx.codes.OK
    assert service.account_reports.told == []
    service.house.time.go_on(hours=24)
    call = service.jira.forge.hourly(site, path)
    assert await service.told(call) == httpx.codes.OK
    assert [told.ids for told in service.account_reports.told] == [["712020:carol"]]
    found = await service.services.users.find(tenant, user)
    assert found is not None
    assert found.account is None
    assert call.headers["x-forge-oauth-system"] not in service.logged.getvalue().decode()


async def test_a_timer_without_the_systems_token_is_heard(service: Service) -> None:
    """Nothing can be reported without it, which is no failure of the call; the next one may bring it."""
    site = await service.install_through_forge()
    tenant = await tenant_of(service, site)
    await service.services.users.internal_id(tenant, "712020:carol")
    service.house.time.go_on(hours=24)
    headers = {"Authorization": service.jira.forge.event_token(site)}
    assert await service.tell("/forge/hourly", headers, b"{}") == httpx.codes.OK
    assert service.account_reports.told == []


async def tenant_of(service: Service, site: ForgeSite) -> TenantId:
    """Return the tenant of a site that uses the app through Forge."""
    view = await service.services.tenants.by_alias(f"forge:PRODUCTION:{site.cloud_id}")
    assert view is not None
    return view.tenant.id
