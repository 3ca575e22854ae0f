"""Accounts are reported over HTTP: to a Jira that listens on this machine, and when Forge calls."""

from collections.abc import Iterator

import httpx
import pytest

from adapters.jira.accounts import JiraAccountReports
from application.tenants.lifecycle import install_app
from domain.accounts import Verdict
from domain.ids import SYSTEM, TenantId
from domain.tenants import Installation, Site
from entrypoints.http.tokens.callbacks import ForgeEvent
from entrypoints.http.tokens.outgoing import signer
from entrypoints.loopback import is_trustworthy
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.fakes.house import House
from tests.servers.jira import ACTIVE, CLOSED, ReportingJira, serving
from tests.unit.application.accounts.scenes import Desk
from tests.unit.application.tenants.scenes import Registry

pytestmark = pytest.mark.clouds

INSTALLATION = "installation-1"
PATH = "/forge/personal-data"


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


async def test_forge_calls_and_the_accounts_of_its_installation_are_reported(service: Service) -> None:
    """With the token that it brings; whose account is closed is a departed user from then on."""
    tenant = await installed(service)
    user = await service.services.users.internal_id(tenant, "712020:carol")
    service.account_reports.verdicts = {"712020:carol": Verdict.CLOSED}
    assert await called(service, "system-token") == httpx.codes.NO_CONTENT
    assert service.account_reports.told == []
    service.house.time.go_on(hours=24)
    assert await called(service, "system-token") == httpx.codes.NO_CONTENT
    assert [told.ids for told in service.account_reports.told] == [["712020:carol"]]
    found = await service.services.users.find(tenant, user)
    assert found is not None
    assert found.account is None
    assert "system-token" not in service.logged.getvalue().decode()


async def test_only_forge_may_call(service: Service, site: ConnectSite) -> None:
    """Without a token of Forge's, of an unknown or removed installation, without the system's token, or twice: 401."""
    await installed(service)
    service.house.time.go_on(hours=24)
    assert await called(service, "t", authorization=service.jira.context_token(site, "ann")) == 401
    assert await called(service, "t", authorization="") == 401
    assert await called(service, "t", installation="another") == 401
    assert await called(service, None) == 401
    once = service.jira.invocation_token(INSTALLATION, None)
    assert [await called(service, "t", authorization=once) for _ in range(2)] == [204, 401]
    event = service.jira.forge_event(INSTALLATION, ForgeEvent.UNINSTALLED)
    assert await service.tell(event.path, event.headers, event.body) == httpx.codes.NO_CONTENT
    service.house.time.go_on(hours=1)
    assert await called(service, "t") == 401


async def installed(service: Service) -> TenantId:
    """Install the app through Forge."""
    event = service.jira.forge_event(INSTALLATION, ForgeEvent.INSTALLED)
    assert await service.tell(event.path, event.headers, event.body) == httpx.codes.NO_CONTENT
    view = await service.services.tenants.by_alias(f"forge:{INSTALLATION}")
    assert view is not None
    return view.tenant.id


async def called(
    service: Service, token: str | None, *, installation: str = INSTALLATION, authorization: str | None = None
) -> int:
    """Call as Forge's timer does."""
    authorization = service.jira.invocation_token(installation, None) if authorization is None else authorization
    headers = {"Authorization": authorization} if authorization else {}
    if token is not None:
        headers["x-forge-oauth-system"] = token
    return await service.tell(PATH, headers, b"{}")
