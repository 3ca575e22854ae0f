"""A site removes the app and returns, through HTTP, before its purge and after it."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from application.maintenance.jobs import Report
from application.retention.purge import CONFIRMATION
from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.fakes.retention import POLICY, Office

pytestmark = pytest.mark.clouds


async def told(service: Service, callback: Callback) -> None:
    """Send a callback that is acknowledged, a second after everything before."""
    assert await service.tell(callback.path, callback.headers, callback.body) == httpx.codes.NO_CONTENT
    service.house.time.go_on(seconds=1)


async def remove(service: Service, site: ConnectSite) -> None:
    """Have the site remove the app."""
    service.house.time.go_on(seconds=1)
    await told(service, service.jira.uninstalled(site))


async def install(service: Service, site: ConnectSite) -> None:
    """Have the site install the app again, with another secret."""
    service.jira.swap_secret(site)
    await told(service, service.jira.installed(site))


async def names(service: Service, site: ConnectSite) -> list[str] | int:
    """Return the panoramas that Ann is shown, or the status that she is answered with."""
    async with service.client(site, "ann") as client:
        answer = await client.get("/api/panoramas")
    return [each["name"] for each in answer.json()["panoramas"]] if answer.is_success else answer.status_code


async def maintained(service: Service) -> Report:
    """Have another process do what is due."""
    return await Office(service.house.neighbour()).turn()


@pytest.fixture
def begin(service: Service) -> Callable[[ConnectSite], Awaitable[None]]:
    """Return what has Ann begin a panorama."""

    async def act(site: ConnectSite) -> None:
        async with service.client(site, "ann") as client:
            assert (await client.post("/api/panoramas", json={"name": "Roadmap"})).is_success

    return act


async def test_a_site_that_returns_in_time_finds_everything(
    service: Service, site: ConnectSite, begin: Callable[[ConnectSite], Awaitable[None]]
) -> None:
    """Refused while the app is removed; on the last day of the grace period it is all there again."""
    await begin(site)
    await remove(service, site)
    assert isinstance(await names(service, site), int)
    service.house.time.go_on(hours=24 * POLICY.grace.days - 1)
    assert await maintained(service) == Report()
    await install(service, site)
    assert await names(service, site) == ["Roadmap"]


async def test_a_site_that_returns_after_its_purge_begins_anew(
    service: Service, site: ConnectSite, begin: Callable[[ConnectSite], Awaitable[None]]
) -> None:
    """Nothing of the old life is there; what is made in the new one stays, whatever becomes of the old."""
    await begin(site)
    await remove(service, site)
    service.house.time.go_on(hours=24 * POLICY.grace.days)
    assert (await maintained(service)).done == {"sites purged": 1}
    assert await names(service, site) == httpx.codes.FORBIDDEN
    await install(service, site)
    assert await names(service, site) == []
    await begin(site)
    service.house.time.go_on(seconds=CONFIRMATION.total_seconds())
    assert (await maintained(service)).done == {"purges confirmed": 1, "sites shredded": 1}
    service.house.time.go_on(hours=24 * 31)
    assert await maintained(service) == Report()
    assert await names(service, site) == ["Roadmap"]
    stages = [status.stage.value async for status in service.services.retention.statuses()]
    assert stages == ["shredded"]
