"""HTTP as RFC 9110 describes it, on every resource: HEAD, OPTIONS, packed bodies, blanks around tokens."""

import gzip
import json

import httpx
import pytest

from entrypoints.http.codings import TAKEN
from entrypoints.sandbox.calls import App
from entrypoints.sandbox.jira import ConnectSite, SandboxJira
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import BASE_URL, COUNTERS, Service, running
from tests.e2e.test_problems import assert_problem
from tests.e2e.test_token_kinds import ROUTES
from tests.fakes.house import House
from tests.fakes.sources import FakeRandom

VARIANTS = {
    "/api/panoramas/{panorama:str}": [
        "/api/panoramas/{panorama}",
        "/api/panoramas/{panorama}?at=1",
        "/api/panoramas/bbbbbbbbbbbbbbbbbbbbbbbb",
    ],
    "/api/panoramas/{panorama:str}/changes": ["/api/panoramas/{panorama}/changes"],
    "/api/panoramas/{panorama:str}/export": ["/api/panoramas/{panorama}/export?format=csv"],
    "/api/issues/{issue:str}/panoramas": ["/api/issues/1/panoramas"],
    "/api/users": ["/api/users?ids=aaaaaaaaaaaaaaaaaaaaaaaa", "/api/users"],
    "/schema/{path:str}": ["/schema/nothing"],
}
"""What is asked of a path that has variables, or needs something; any other is asked as it is."""

APART = frozenset({"/api/panoramas/{panorama:str}/events", "/metrics"})
"""A stream, and counters that change from one answer to the next; each has a test of its own."""

READABLE = [
    path for method, route in ROUTES if method == "GET" and route not in APART for path in VARIANTS.get(route, [route])
] + ["/nothing"]
"""Every route of the table that is read, which is held against the application by the tests of token kinds."""


@pytest.mark.parametrize("path", READABLE)
async def test_head_is_get_without_the_body(ann: httpx.AsyncClient, panorama: str, path: str) -> None:
    """Status and header fields are the same, the length of what is not sent included, for problems too."""
    path = path.replace("{panorama}", panorama)
    got, head = await ann.get(path), await ann.head(path)
    assert head.status_code == got.status_code
    assert dict(head.headers) == dict(got.headers)
    assert head.content == b""
    assert got.content != b""
    assert "{" not in path


async def test_head_of_counters_has_no_body(service: Service) -> None:
    """How long they are changes with each request; the rest is the same."""
    async with service.client() as machine:
        got, head = await machine.get(COUNTERS), await machine.head(COUNTERS)
    assert (head.status_code, head.content) == (200, b"")
    assert set(head.headers) == set(got.headers)
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_ends_at_once(ann: httpx.AsyncClient, panorama: str) -> None:
    """The header fields are a stream's; nothing is waited for, though time stands still."""
    head = await ann.head(f"/api/panoramas/{panorama}/events?after=1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/event-stream"


async def test_a_known_version_is_known_to_head(ann: httpx.AsyncClient, panorama: str) -> None:
    """Conditions hold for HEAD as for GET."""
    path = f"/api/panoramas/{panorama}"
    tag = (await ann.head(path)).headers["etag"]
    assert (await ann.head(path, headers={"If-None-Match": tag})).status_code == 304


async def test_head_needs_a_token_and_is_logged_as_head(
    service: Service, ann: httpx.AsyncClient, panorama: str
) -> None:
    """It is authorised as GET is; the log says what was asked and where."""
    async with service.client() as nobody:
        assert (await nobody.head("/api/panoramas")).status_code == 401
    await ann.head(f"/api/panoramas/{panorama}")
    line = service.lines[-1]
    assert (line["method"], line["route"], line["status"]) == ("HEAD", "/api/panoramas/{panorama}", 200)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/api/panoramas", "GET, HEAD, OPTIONS, POST"),
        ("/api/panoramas/imports", "OPTIONS, POST"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/connect/installed", "OPTIONS, POST"),
        ("/forge/lifecycle", "OPTIONS, POST"),
        ("/forge/hourly", "OPTIONS, POST"),
        ("/forge/pre-uninstall", "OPTIONS, POST"),
        ("/metrics", "GET, HEAD, OPTIONS"),
        ("/schema", "GET, HEAD, OPTIONS"),
        ("/schema/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tells_what_may_be_done(service: Service, path: str, allow: str) -> None:
    """Without a token, because it tells what is documented; a fence that has closed does not matter."""
    async with service.client() as nobody:
        for _ in range(2):
            answer = await nobody.options(path)
            assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allow, b"")
            refused = await nobody.request("PATCH", path)
            assert (refused.status_code, refused.headers["allow"]) == (405, allow)


async def test_a_packed_body_is_read_as_what_it_holds(ann: httpx.AsyncClient, panorama: str) -> None:
    """Gzip is unpacked; the same body packed and not is the same request under an idempotency key."""
    body = b'{"name":"packed"}'
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    packed = await ann.post(
        "/api/panoramas", content=gzip.compress(body), headers=headers | {"Content-Encoding": "gzip"}
    )
    assert packed.status_code == 201
    assert (await ann.post("/api/panoramas", content=body, headers=headers)).json() == packed.json()


@pytest.mark.parametrize("path", ["/api/panoramas", "/api/panoramas/imports"])
async def test_a_packed_body_has_the_limit_of_any_other(ann: httpx.AsyncClient, path: str) -> None:
    """8 MiB unpacked, however small it comes; what is no gzip is the caller's mistake."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * (8 * 1024 * 1024 + 1))
    assert_problem(await ann.post(path, content=bomb, headers=headers), "body-too-large")
    assert_problem(await ann.post(path, content=b"{}", headers=headers), "request-invalid")


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_coding_means_nothing_where_a_body_does_not(ann: httpx.AsyncClient, method: str, coding: str) -> None:
    """Without a body there is nothing to unpack, and none is looked for."""
    answer = await ann.request(method, "/api/panoramas", headers={"Content-Encoding": coding})
    assert answer.status_code == (204 if method == "OPTIONS" else 200)


async def test_other_codings_are_refused_with_those_that_are_taken(service: Service, ann: httpx.AsyncClient) -> None:
    """415 names them in `Accept-Encoding` (RFC 9110, section 12.5.3) and in the problem."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "br"}
    answer = await ann.post("/api/panoramas", content=b"{}", headers=headers)
    assert_problem(answer, "media-type-unsupported")
    assert (answer.headers["accept-encoding"], answer.json()["codings"]) == ("gzip, identity", list(TAKEN))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert service.lines[-1]["reason"] == "media-type-unsupported"


@pytest.mark.parametrize(
    "form",
    ["{scheme}   {token}", " {scheme} {token} ", "{scheme} {token}\t", "\t{scheme} \t {token}", "{lower} {token}"],
)
@pytest.mark.parametrize("through", ["Connect", "Forge"])
async def test_blanks_around_a_token_do_not_matter(
    service: Service, site: ConnectSite, through: str, form: str
) -> None:
    """The scheme has no case, and blanks are optional around it and behind it, for JWT as for Bearer."""
    if through == "Forge":
        forge_site = await service.install_through_forge()
        sent = service.jira.forge.page_headers(forge_site, "ann")
        authorization = next(value for name, value in sent.items() if name.lower() == "authorization")
    else:
        authorization = service.jira.context_token(site, "ann")
    scheme, _, token = authorization.partition(" ")
    assert scheme == {"Connect": "JWT", "Forge": "Bearer"}[through]
    async with service.client() as client:
        headers = {"Authorization": form.format(scheme=scheme, lower=scheme.lower(), token=token)}
        assert (await client.get("/api/panoramas", headers=headers)).status_code == 200
        split = {"Authorization": f"{scheme} {token[:9]} {token[9:]}"}
        assert (await client.get("/api/panoramas", headers=split)).status_code == 401


def same_second(service: Service, keys: SandboxKeys) -> SandboxJira:
    """Return a Jira that has signed nothing yet: one that has, unlike the real one, signs a second later."""
    return SandboxJira(App(base_url=BASE_URL, key="panorama"), keys, service.house.time.clock, FakeRandom("same"))


async def test_an_installation_in_the_second_of_another_is_not_passed_over(keys: SandboxKeys) -> None:
    """The later one counts if it brings another secret; one that may be a repeat of what was removed fails."""
    async with running(House(), keys) as service:
        site = await service.install()
        first = same_second(service, keys).installed(site)
        site.shared_secret = "another secret of at least 32 bytes"
        again = same_second(service, keys).installed(site)
        assert await service.tell(again.path, again.headers, again.body) == 204
        async with service.client(site) as ann:
            assert (await ann.get("/api/panoramas")).status_code == 200
        assert await service.tell(first.path, first.headers, first.body) == 204
        async with service.client(site) as ann:
            assert (await ann.get("/api/panoramas")).status_code == 200
        gone = same_second(service, keys).uninstalled(site)
        assert await service.tell(gone.path, gone.headers, gone.body) == 204
        async with service.client() as jira:
            answer = await jira.post(again.path, headers=dict(again.headers), content=again.body)
        assert_problem(answer, "installation-refused")


async def test_a_removal_in_the_second_of_an_installation_counts_if_it_comes_later(keys: SandboxKeys) -> None:
    """Even where Jira issued it first: the site is not served, nothing is lost, and the next installation undoes it."""
    async with running(House(), keys) as service:
        site = await service.install()
        async with service.client(site) as ann:
            panorama = (await ann.post("/api/panoramas", json={"name": "kept"})).json()["id"]
        service.house.time.go_on(seconds=5)
        site.shared_secret = "another secret of at least 32 bytes"
        for callback in (same_second(service, keys).installed(site), same_second(service, keys).uninstalled(site)):
            assert await service.tell(callback.path, callback.headers, callback.body) == 204
        async with service.client(site) as ann:
            assert_problem(await ann.get("/api/panoramas"), "forbidden")
        service.house.time.go_on(seconds=5)
        again = same_second(service, keys).installed(site)
        assert await service.tell(again.path, again.headers, again.body) == 204
        async with service.client(site) as ann:
            assert (await ann.get(f"/api/panoramas/{panorama}")).status_code == 200


LEFT_OPEN = ("publicKey", "description", "productType")


@pytest.mark.parametrize("kind", ["null", "a text", "not there"])
async def test_what_jira_leaves_open_may_be_null(service: Service, kind: str) -> None:
    """`publicKey`, `description` and `productType` may be null, or not there; each stands in the body once at most."""
    site = service.jira.new_site()
    callback = service.jira.installed(site)
    body = json.loads(callback.body)
    assert body.keys() >= set(LEFT_OPEN)
    for name in LEFT_OPEN:
        if kind == "not there":
            del body[name]
        else:
            body[name] = None if kind == "null" else "x"
    assert await service.tell(callback.path, callback.headers, json.dumps(body).encode()) == 204
    async with service.client(site) as ann:
        assert (await ann.get("/api/panoramas")).status_code == 200
