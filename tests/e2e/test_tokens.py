"""Who gets in over HTTP, and that all who do not are told the same."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from application.keys.vault import KeyVault
from application.tenants.digests import DIGEST_KEY
from application.tenants.lifecycle import uninstall_app
from domain.ids import SYSTEM
from entrypoints.problem_kinds import KINDS
from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.forge import LARGE_CONTEXT
from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import Unavailable
from tests.e2e.service import BASE_URL, Service, running
from tests.e2e.wishes import add_note, batch
from tests.fakes.house import House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.storage import MemoryStorage
from tests.refusals import refusals
from tests.refusals.scene import Attempt, Refusal, Route

OVER_HTTP = [refusal for refusal in refusals() if refusal.route is not Route.PAGE]
"""The page comes with another issue; its tokens are refused by the verifier already."""

FORBIDDEN = {"type": "/schema#forbidden", "title": "The caller may not do this.", "status": 403}
"""What everybody is told whose token would be in order elsewhere."""

UNAVAILABLE = {"type": "/schema#unavailable", "title": KINDS["unavailable"].title, "status": 503}
"""What everybody is told whose token cannot be verified now."""


class Web:
    """A service behind HTTP, with a site, and another one through Forge, that have installed the app."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.jira = service.jira
        self.source = service.source
        self.time = service.house.time
        self.site = self.jira.new_site("site-a")
        self.forge_site = self.jira.new_forge_site()
        self.first_secret = self.site.shared_secret

    async def told(self, callback: Callback) -> None:
        """Do what a callback tells."""
        status = 200 if callback.path.startswith("/forge/") else 204
        assert await self.service.told(callback) == status

    async def change(self, authorization: str, key: str = "") -> None:
        """Begin a panorama."""
        assert (await self.post(authorization, key)).status_code == 201

    async def end(self) -> None:
        """End the use of the app through Forge."""
        alias = f"forge:PRODUCTION:{self.forge_site.cloud_id}"
        await uninstall_app(alias, self.time.clock() + timedelta(seconds=1), self.service.services.tenants)

    async def read(self, authorization: str) -> None:
        """Read something."""
        assert (await self.get(authorization)).status_code == 200

    async def get(self, authorization: str) -> httpx.Response:
        """Ask for the panoramas."""
        async with self.service.client() as client:
            return await client.get("/api/panoramas", headers={"Authorization": authorization})

    async def post(self, authorization: str, key: str = "", name: str = "Roadmap") -> httpx.Response:
        """Ask for a new panorama."""
        headers = {"Authorization": authorization, **({"Idempotency-Key": key} if key else {})}
        async with self.service.client() as client:
            return await client.post("/api/panoramas", headers=headers, json={"name": name})

    async def attempt(self, attempt: Attempt) -> httpx.Response:
        """Make a request exactly as it is described."""
        method, path, query, authorization, key = attempt.request
        url = httpx.URL(BASE_URL, raw_path=f"{path}?{query}".encode() if query else path.encode())
        headers = [(b"authorization", value.encode("latin-1")) for value in authorization]
        headers.append((b"content-type", b"application/json"))
        if key:
            headers.append((b"idempotency-key", key.encode()))
        async with self.service.client() as client:
            return await client.request(method, url, headers=headers, content=attempt.body or None)


@pytest.fixture
async def web(service: Service) -> Web:
    """Return a service at which a site, and another one through Forge, have installed the app."""
    web = Web(service)
    await web.told(web.jira.installed(web.site))
    await web.told(web.jira.forge.installed(web.forge_site))
    return web


@pytest.fixture
async def neighbour(web: Web, keys: SandboxKeys) -> AsyncIterator[Web]:
    """Yield another process at the same stores, called by the same site."""
    house = web.service.house
    async with running(house.neighbour(), keys) as service:
        other = Web(service)
        other.jira, other.site, other.forge_site = web.jira, web.site, web.forge_site
        yield other


@pytest.mark.parametrize("refusal", OVER_HTTP, ids=lambda refusal: refusal.name)
async def test_refusals(web: Web, refusal: Refusal) -> None:
    """Of each status every refusal is the same; the reason is in the log, where nothing of the token is."""
    if refusal.before is not None:
        await refusal.before(web)
    neutral = await web.attempt(Attempt(refusal.attempt(web).request._replace(authorization=(), query="")))
    attempt = refusal.attempt(web)
    answer = await web.attempt(attempt)
    assert (answer.status_code, neutral.status_code) == (refusal.status, 401)
    if refusal.status == 401:
        assert answer.content == neutral.content
        assert dict(answer.headers) == dict(neutral.headers)
    else:
        assert answer.json() == {403: FORBIDDEN, 503: UNAVAILABLE}[refusal.status]
        assert ("retry-after" in answer.headers) is (refusal.status == 503)
        assert "www-authenticate" not in answer.headers
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
    token = web.jira.forge.page_token(web.forge_site, "ann")
    assert [(await process.post(token)).status_code for process in (web, neighbour, web)] == [201, 401, 401]


async def test_a_repeat_with_the_same_token_and_key_gets_the_first_answer(web: Web, neighbour: Web) -> None:
    """In every process, byte for byte; the same key with another request, or the token with another key, does not."""
    token = web.jira.forge.page_token(web.forge_site, "ann")
    first, *repeats = [await process.post(token, "one") for process in (web, neighbour, web)]
    assert first.status_code == 201
    assert all((repeat.status_code, repeat.content) == (201, first.content) for repeat in repeats)
    assert (await web.post(token, "one", name="Another")).status_code == 422
    assert (await web.post(token, "two")).status_code == 401
    listed = (await web.get(token)).json()["panoramas"]
    assert [each["id"] for each in listed] == [first.json()["id"]]


async def test_a_new_token_with_the_same_key_gets_the_first_answer(web: Web) -> None:
    """A page that was refused, or that got no answer, asks for another token and repeats its call."""
    answers = [await web.post(web.jira.forge.page_token(web.forge_site, "ann"), "one") for _ in range(2)]
    assert answers[0].content == answers[1].content


async def test_a_call_with_all_that_forge_sends(web: Web) -> None:
    """A context of 24 KiB, traces and OAuth tokens; of none of it a word is logged."""
    headers = web.jira.forge.page_headers(web.forge_site, "ann", context_size=LARGE_CONTEXT)
    async with web.service.client() as client:
        for _ in range(2):
            assert (await client.get("/api/panoramas", headers=headers)).status_code == 200
    logged = web.service.logged.getvalue().decode()
    assert not any(value in logged for value in headers.values())


@pytest.mark.parametrize("told", ["disabled", "uninstalled"])
async def test_a_site_that_is_not_served_is_refused_within_five_seconds(web: Web, neighbour: Web, told: str) -> None:
    """At once by the process that was told, and by the others when their view is 5 s old."""
    token = web.jira.context_token(web.site, "ann")
    for process in (web, neighbour):
        await process.read(token)
    await web.told(getattr(web.jira, told)(web.site))
    assert (await web.get(token)).status_code == 403
    web.time.go_on(seconds=5)
    assert (await neighbour.get(token)).status_code == 403


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
    assert (await web.get(token)).status_code == 403
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
    token = web.jira.forge.page_token(web.forge_site, "canary-account")
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
