"""Forge's events over HTTP: in any form, any order and more than once, each acknowledged in the same words."""

import json

import httpx
import pytest

from domain.tenants import Tenant
from entrypoints.http.event_work import EventWork
from entrypoints.http.forge_routes import BODY_LIMIT
from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.forge import ForgeSite
from ports.errors import Unavailable
from tests.e2e.service import Service
from tests.fakes.flaky import Fault, FlakyStorage, Harm


async def sent(service: Service, callback: Callback) -> httpx.Response:
    """Send an event as Forge does."""
    async with service.client() as client:
        return await client.post(callback.path, headers=callback.headers, content=callback.body)


async def tenant_of(service: Service, site: ForgeSite) -> Tenant | None:
    """Return the tenant of a site, as it is stored."""
    view = await service.services.tenants.by_alias(f"forge:PRODUCTION:{site.cloud_id}")
    return None if view is None else view.tenant


async def test_every_event_is_acknowledged_alike(service: Service) -> None:
    """The answer is an empty object with 200: Forge wants JSON, and takes nothing else for success."""
    forge, site = service.jira.forge, service.jira.new_forge_site()
    events = [forge.installed(site), forge.upgraded(site), forge.hourly(site), forge.pre_uninstall(site)]
    for event in (*events, *(forge.repeated(site, each) for each in events), *events):
        answer = await sent(service, event)
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("first", ["installed", "upgraded", "hourly", "page"])
async def test_whatever_comes_first_begins_the_tenants_life(service: Service, first: str) -> None:
    """Events and calls of a page come in any order, and all lead to one tenant."""
    forge, site = service.jira.forge, service.jira.new_forge_site()
    calls = {name: getattr(forge, name)(site) for name in ("installed", "upgraded", "hourly")}
    found = []
    for name in (first, *({"installed", "upgraded", "hourly", "page"} - {first})):
        if name == "page":
            async with service.client() as client:
                assert (await client.get("/api/panoramas", headers=forge.page_headers(site, "ann"))).is_success
        else:
            assert (await sent(service, calls[name])).is_success
        tenant = await tenant_of(service, site)
        assert tenant is not None
        found.append(tenant.id)
    assert len(set(found)) == 1


async def test_a_removal_that_is_announced_ends_nothing(service: Service) -> None:
    """The site is served on, and one that is not known is not brought about by it."""
    forge = service.jira.forge
    site, strange = await service.install_through_forge(), service.jira.new_forge_site()
    for each in (site, strange):
        assert (await sent(service, forge.pre_uninstall(each))).is_success
    async with service.client() as client:
        assert (await client.get("/api/panoramas", headers=forge.page_headers(site, "ann"))).is_success
    assert await tenant_of(service, strange) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"id": "another installation"}', b'{"payload": 7}', b'{"context": {"cloudId": "x"}}'],
)
async def test_the_body_decides_nothing(service: Service, body: bytes) -> None:
    """Who is meant is in the token: whatever a body says, the event is that of the token's installation."""
    site = service.jira.new_forge_site()
    headers = {"Authorization": service.jira.forge.event_token(site), "Content-Type": "application/json"}
    assert await service.tell("/forge/lifecycle", headers, body) == 200
    assert await tenant_of(service, site) is not None


async def test_an_event_is_not_large(service: Service) -> None:
    """A body beyond the limit is told so."""
    event = service.jira.forge.installed(service.jira.new_forge_site())
    assert await service.tell(event.path, event.headers, event.body + b" " * BODY_LIMIT) == 413


async def test_what_was_told_is_in_the_log_by_its_kind(service: Service) -> None:
    """A fixed word for what is known, and nothing of what the body says besides."""
    forge, site = service.jira.forge, service.jira.new_forge_site()
    installed = forge.installed(site)
    await sent(service, installed)
    assert service.lines[-1]["kind"] == "avi:forge:installed:app"
    strange = {"eventType": "canary", **dict.fromkeys(("id", "app"), "canary")}
    headers = {"Authorization": forge.event_token(site)}
    await service.tell("/forge/lifecycle", headers, json.dumps(strange).encode())
    assert service.lines[-1]["kind"] == "other"
    logged = service.logged.getvalue().decode()
    assert "canary" not in logged
    assert not any(value in logged for value in installed.headers.values() if len(value) > 16)


async def test_what_fails_at_once_is_told_again_by_forge(service: Service, storage: FlakyStorage) -> None:
    """While the store is out the answer is 503; the repeat, with another token, succeeds."""
    site = service.jira.new_forge_site()
    event = service.jira.forge.installed(site)
    storage.steps.clear()
    storage.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000, error=lambda: Unavailable("out")),)
    assert (await sent(service, event)).status_code == 503
    storage.plan = ()
    assert (await sent(service, service.jira.forge.repeated(site, event))).is_success
    assert await tenant_of(service, site) is not None


async def test_an_event_is_acknowledged_before_it_is_carried_out(service: Service) -> None:
    """What takes long goes on after the answer."""
    service.event_work.within = 0
    assert isinstance(service.event_work, EventWork)
    site = service.jira.new_forge_site()
    assert (await sent(service, service.jira.forge.installed(site))).is_success
    await service.event_work.settle()
    assert await tenant_of(service, site) is not None
