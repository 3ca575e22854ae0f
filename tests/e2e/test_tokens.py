"""Who gets in over HTTP, and that all who do not are told the same."""

from collections.abc import AsyncIterator

import httpx
import pytest

from application.keys.vault import KeyVault
from application.tenants.digests import DIGEST_KEY
from domain.ids import SYSTEM
from entrypoints.http.tokens.callbacks import ForgeEvent
from entrypoints.sandbox.jira import Callback
from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import Unavailable
from tests.e2e.service import BASE_URL, Service, running
from tests.e2e.wishes import add_note, batch
from tests.fakes.house import House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.storage import MemoryStorage
from tests.refusals import refusals
from tests.refusals.scene import INSTALLATION, Attempt, Refusal, Route

OVER_HTTP = [refusal for refusal in refusals() if refusal.route is not Route.PAGE]
"""The page comes with another issue; its tokens are refused by the verifier already."""


class Web:
    """A service behind HTTP, with a site and a Forge installation that have installed the app."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.jira = service.jira
        self.source = service.source
        self.time = service.house.time
        self.site = self.jira.new_site("site-a")
        self.first_secret = self.site.shared_secret

    async def told(self, callback: Callback) -> None:
        """Do what a callback tells."""
        assert await self.service.tell(callback.path, callback.headers, callback.body) == 204

    async def read(self, authorization: str) -> None:
        """Read something."""
        assert (await self.get(authorization)).status_code == 200

    async def get(self, authorization: str) -> httpx.Response:
        """Ask for the panoramas."""
        async with self.service.client() as client:
            return await client.get("/api/panoramas", headers={"Authorization": authorization})

    async def attempt(self, attempt: Attempt) -> httpx.Response:
        """Make a request exactly as it is described."""
        method, path, query, authorization = attempt.request
        url = httpx.URL(BASE_URL, raw_path=f"{path}?{query}".encode() if query else path.encode())
        headers = [(b"authorization", value.encode("latin-1")) for value in authorization]
        headers.append((b"content-type", b"application/json"))
        async with self.service.client() as client:
            return await client.request(method, url, headers=headers, content=attempt.body or None)


@pytest.fixture
async def web(service: Service) -> Web:
    """Return a service at which a site and a Forge installation have installed the app."""
    web = Web(service)
    await web.told(web.jira.installed(web.site))
    await web.told(web.jira.forge_event(INSTALLATION, ForgeEvent.INSTALLED))
    return web


@pytest.fixture
async def neighbour(web: Web, keys: SandboxKeys) -> AsyncIterator[Web]:
    """Yield another process at the same stores, called by the same site."""
    house = web.service.house
    async with running(house.neighbour(), keys) as service:
        other = Web(service)
        other.jira, other.site = web.jira, web.site
        yield other


@pytest.mark.parametrize("refusal", OVER_HTTP, ids=lambda refusal: refusal.name)
async def test_refusals(web: Web, refusal: Refusal) -> None:
    """Every refusal is the same neutral 401; the reason is in the log, where nothing of the token is."""
    if refusal.before is not None:
        await refusal.before(web)
    neutral = await web.attempt(Attempt(refusal.attempt(web).request._replace(authorization=(), query="")))
    attempt = refusal.attempt(web)
    answer = await web.attempt(attempt)
    assert answer.status_code == neutral.status_code == 401
    assert answer.content == neutral.content
    assert dict(answer.headers) == dict(neutral.headers)
    assert web.service.lines[-1]["reason"] == refusal.reason
    logged = web.service.logged.getvalue().decode()
    assert not any(
        part in logged for value in attempt.request.authorization for part in value.split(".") if len(part) > 8
    )


async def test_a_foreign_panorama_is_nowhere_to_be_seen(web: Web) -> None:
    """With the token of another site a panorama is not found, whatever is asked of it."""
    async with web.service.client(web.site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    other = await web.service.install("site-b")
    async with web.service.client(other) as client:
        answers = [
            await client.get(f"/api/panoramas/{panorama}"),
            await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note("Later"))),
            await client.get(f"/api/panoramas/{panorama}/changes"),
            await client.get(f"/api/panoramas/{panorama}/export"),
            await client.get(f"/api/panoramas/{panorama}/events?after=0"),
        ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert not any("Roadmap" in answer.text for answer in answers)


async def test_a_secret_swapped_by_another_process_is_known_at_once(web: Web, neighbour: Web) -> None:
    """A request signed with the new secret gets through everywhere as soon as the callback is answered."""
    before = web.jira.context_token(web.site, "ann")
    await neighbour.read(before)
    web.jira.swap_secret(web.site)
    await web.told(web.jira.installed(web.site))
    for process in (web, neighbour):
        await process.read(web.jira.context_token(web.site, "ann"))
        await process.read(before)
    web.time.go_on(seconds=60)
    for process in (web, neighbour):
        assert (await process.get(before)).status_code == 401


async def test_a_replayed_change_is_refused_everywhere(web: Web, neighbour: Web) -> None:
    """A Forge token that has changed something changes nothing again, here or in another process."""
    headers = {"Authorization": web.jira.invocation_token(INSTALLATION, "ann")}
    statuses = []
    for process in (web, neighbour, web):
        async with process.service.client() as client:
            answer = await client.post("/api/panoramas", headers=headers, json={"name": "Roadmap"})
            statuses.append(answer.status_code)
    assert statuses == [201, 401, 401]


@pytest.mark.parametrize("told", ["disabled", "uninstalled"])
async def test_a_site_that_is_not_served_is_refused_within_five_seconds(web: Web, neighbour: Web, told: str) -> None:
    """At once by the process that was told, and by the others when their view is 5 s old."""
    token = web.jira.context_token(web.site, "ann")
    for process in (web, neighbour):
        await process.read(token)
    await web.told(getattr(web.jira, told)(web.site))
    assert (await web.get(token)).status_code == 401
    web.time.go_on(seconds=5)
    assert (await neighbour.get(token)).status_code == 401


async def test_callbacks_arrive_twice_and_in_any_order(web: Web) -> None:
    """The end of the story counts, not the order in which it is told."""
    callbacks = [
        web.jira.disabled(web.site),
        web.jira.uninstalled(web.site),
        web.jira.disabled(web.site),
    ]
    for callback in (*reversed(callbacks), *callbacks):
        await web.told(callback)
    token = web.jira.context_token(web.site, "ann")
    assert (await web.get(token)).status_code == 401
    web.jira.swap_secret(web.site)
    await web.told(web.jira.installed(web.site))
    await web.told(callbacks[1])
    await web.read(token)


async def test_a_new_site_has_to_wait_for_the_key_managers(keys: SandboxKeys) -> None:
    """While one is out a first installation is answered 503 and stores nothing; Jira's repeat succeeds."""
    house, manager = House(), FakeKeyManager()
    time = house.time
    house.vault = KeyVault(
        house.vault_storage, [manager], clock=time.clock, monotonic=time.monotonic, random=house.random
    )
    async with running(house, keys) as service:
        site = service.jira.new_site()
        callback = service.jira.installed(site)
        manager.failure = Unavailable("out")
        assert await service.tell(callback.path, callback.headers, callback.body) == 503
        assert isinstance(house.storage, MemoryStorage)
        assert {ref[:2] for ref in house.storage.records} == {(SYSTEM, DIGEST_KEY)}, "the service's own, and no site's"
        manager.failure = None
        assert await service.tell(callback.path, callback.headers, callback.body) == 204
        async with service.client(site) as client:
            assert (await client.get("/api/panoramas")).status_code == 200


async def test_nothing_of_a_caller_is_stored_in_clear(web: Web) -> None:
    """Of secrets, addresses, accounts and tokens nothing is legible in what is stored."""
    token = web.jira.invocation_token(INSTALLATION, "canary-account")
    async with web.service.client() as client:
        await client.post("/api/panoramas", headers={"Authorization": token}, json={"name": "canary-name"})
    storage, vault = web.service.house.storage, web.service.house.vault_storage
    inner = getattr(storage, "inner", storage)
    assert isinstance(inner, MemoryStorage)
    assert isinstance(vault, MemoryStorage)
    stored = repr((inner.records, vault.records))
    for canary in (web.first_secret, web.site.base_url, "canary-account", "canary-name", token.split(".")[1]):
        assert canary not in stored


async def test_anybody_may_read_what_the_app_is(web: Web) -> None:
    """The descriptor asks for signed installs and context tokens, and names where callbacks go."""
    async with web.service.client() as client:
        answer = await client.get("/atlassian-connect.json")
    told = answer.json()
    assert told["key"] == "panorama"
    assert told["baseUrl"] == BASE_URL
    assert told["apiMigrations"]["signed-install"] is True
    assert told["lifecycle"]["installed"] == "/connect/installed"


async def test_a_callback_is_not_large(web: Web) -> None:
    """A body beyond 64 KiB is told so, before anything in it is looked at."""
    callback = web.jira.installed(web.site)
    assert await web.service.tell(callback.path, callback.headers, callback.body + b" " * 65_536) == 413
