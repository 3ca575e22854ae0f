"""Every kind of token at every route: what each is good for, and nothing besides.

The routes are those of the application itself, so that one that is added has to be classified here.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import httpx
import pytest

from entrypoints.http import qsh
from entrypoints.http.app import litestar_app
from entrypoints.http.metrics import Metrics
from entrypoints.http.operators import Operators
from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.forge import ForgeSite, SandboxForge
from entrypoints.sandbox.jira import ConnectSite, SandboxJira
from ports.storage import Record, Ref
from tests.e2e.clouds import Outside
from tests.e2e.service import BASE_URL, Service
from tests.fakes.storage import MemoryStorage

PANORAMA: Final = "5b582c98835e130004433339"
MODULE: Final = {"module": {"type": "core:endpoint", "key": "panorama-events"}}
PAGE_MODULE: Final = {"module": {"type": "jira:issuePanel", "key": "panorama-issue"}}


class Access(Enum):
    """Whom a route is for."""

    ANYBODY = "anybody, with any token or none"
    USERS = "users of a site, by a page's token of Connect or of Forge"
    INSTALLATION = "Jira, by an install key"
    SITE = "a site of Connect, by its secret and for this request"
    PLATFORM = "Forge's events"


ROUTES: Final[Mapping[tuple[str, str], Access]] = {
    ("GET", "/api/panoramas"): Access.USERS,
    ("POST", "/api/panoramas"): Access.USERS,
    ("GET", "/api/panoramas/{panorama:str}"): Access.USERS,
    ("POST", "/api/panoramas/{panorama:str}/copies"): Access.USERS,
    ("GET", "/api/panoramas/{panorama:str}/changes"): Access.USERS,
    ("POST", "/api/panoramas/{panorama:str}/changes"): Access.USERS,
    ("POST", "/api/panoramas/{panorama:str}/undo"): Access.USERS,
    ("POST", "/api/panoramas/{panorama:str}/redo"): Access.USERS,
    ("GET", "/api/panoramas/{panorama:str}/events"): Access.USERS,
    ("GET", "/api/panoramas/{panorama:str}/export"): Access.USERS,
    ("POST", "/api/panoramas/imports"): Access.USERS,
    ("GET", "/api/issues/{issue:str}/panoramas"): Access.USERS,
    ("POST", "/api/users"): Access.USERS,
    ("GET", "/api/users"): Access.USERS,
    ("GET", "/atlassian-connect.json"): Access.ANYBODY,
    ("POST", "/connect/installed"): Access.INSTALLATION,
    ("POST", "/connect/uninstalled"): Access.INSTALLATION,
    ("POST", "/connect/enabled"): Access.SITE,
    ("POST", "/connect/disabled"): Access.SITE,
    ("POST", "/forge/lifecycle"): Access.PLATFORM,
    ("POST", "/forge/hourly"): Access.PLATFORM,
    ("POST", "/forge/personal-data"): Access.PLATFORM,
    ("POST", "/forge/pre-uninstall"): Access.PLATFORM,
    ("GET", "/healthz"): Access.ANYBODY,
    ("GET", "/readyz"): Access.ANYBODY,
    ("GET", "/metrics"): Access.ANYBODY,
    ("GET", "/schema"): Access.ANYBODY,
    ("GET", "/schema/openapi.json"): Access.ANYBODY,
    ("GET", "/schema/{path:str}"): Access.ANYBODY,
}
"""Every route, by method and template."""


class Scene:
    """Who has installed the app, and who calls."""

    def __init__(self, service: Service, site: ConnectSite, forge_site: ForgeSite) -> None:
        self.jira: SandboxJira = service.jira
        self.time = service.house.time
        self.forge: SandboxForge = service.jira.forge
        self.site = site
        self.forge_site = forge_site

    def callback(self, path: str) -> Callback | None:
        """Return the callback of Connect that goes to a route."""
        made = {each.path: each for each in (self.jira.uninstalled(self.site), self.jira.enabled(self.site))}
        made |= {each.path: each for each in (self.jira.installed(self.site), self.jira.disabled(self.site))}
        return made.get(path)

    def signed_for(self, method: str, path: str, *, by_site: bool) -> str:
        """Return a token of Connect for exactly this request, by the install key or by the site's secret."""
        if by_site:
            return f"JWT {self.jira.page_query(self.site, 'ann', path, method=method).removeprefix('jwt=')}"
        claims = {"iss": self.site.client_key, "aud": BASE_URL, "qsh": qsh.query_string_hash(method, path, "")}
        now = int(self.time.clock().timestamp())
        return f"JWT {self.jira.signed({**claims, 'iat': now, 'exp': now + 180})}"


Token = Callable[[Scene, str, str], str | None]
"""Makes the `Authorization` for a request with this method and this path; None for none."""


def page(**changed: Any) -> Token:
    """A page's token of Forge, with other claims."""
    return lambda scene, _method, _path: scene.forge.page_token(scene.forge_site, "ann", **changed)


def page_of(account: str | None, app: Mapping[str, Any] | None = None) -> Token:
    """A page's token for an account, of another module."""

    def token(scene: Scene, _method: str, _path: str) -> str:
        own = scene.forge.app_claim(scene.forge_site)
        return scene.forge.page_token(scene.forge_site, account, app={**own, **(app or PAGE_MODULE)})

    return token


def event(app: Mapping[str, Any] = MODULE, **changed: Any) -> Token:
    """An event's token of Forge, of another module or with other claims."""

    def token(scene: Scene, _method: str, _path: str) -> str:
        own = scene.forge.app_claim(scene.forge_site)
        return scene.forge.event_token(scene.forge_site, app={**own, **app}, **changed)

    return token


def of_jira(*, by_site: bool) -> Token:
    """A token of Connect for exactly this request."""
    return lambda scene, method, path: scene.signed_for(method, path, by_site=by_site)


NOBODYS: Final = frozenset({Access.ANYBODY})
KINDS: Final[Mapping[str, tuple[Token, frozenset[Access]]]] = {
    "none": (lambda *_: None, NOBODYS),
    "Connect: a page's context": (lambda s, *_: s.jira.context_token(s.site, "ann"), NOBODYS | {Access.USERS}),
    "Connect: for this request, by the site": (of_jira(by_site=True), NOBODYS | {Access.SITE}),
    "Connect: for this request, by Jira": (of_jira(by_site=False), NOBODYS | {Access.INSTALLATION}),
    "Forge: a page": (page(), NOBODYS | {Access.USERS}),
    "Forge: a page with a large context": (
        lambda s, *_: s.forge.page_token(s.forge_site, "ann", context_size=24 * 1024),
        NOBODYS | {Access.USERS},
    ),
    "Forge: another module's page": (page_of("ann", PAGE_MODULE), NOBODYS | {Access.USERS}),
    "Forge: a page without a user": (page_of(None), NOBODYS),
    "Forge: a page without a context": (page(context=None), NOBODYS),
    "Forge: a page of an endpoint": (page_of("ann", MODULE), NOBODYS),
    "Forge: an endpoint's context without a user": (page_of(None, MODULE), NOBODYS),
    "Forge: an event": (event(), NOBODYS | {Access.PLATFORM}),
    "Forge: an event with a user": (event(principal="ann"), NOBODYS),
    "Forge: an event with an empty user": (event(principal=""), NOBODYS),
    "Forge: an event with a context": (event(context={"siteUrl": "https://a.atlassian.net"}), NOBODYS),
    "Forge: an event with an empty context": (event(context={}), NOBODYS),
    "Forge: an event of a page's module": (event(PAGE_MODULE), NOBODYS),
}
"""Every kind of token, by whom it is good for."""


def table(service: Service) -> set[tuple[str, str]]:
    """Return the routes of the application; OPTIONS is answered by the framework, about every path."""
    app = litestar_app(service.services, Metrics(), Operators(service.services.settings.operators, ()))
    return {
        (method, route.path) for route in app.routes for method in getattr(route, "methods", ()) if method != "OPTIONS"
    }


def test_every_route_is_classified(service: Service) -> None:
    """A new route has to be entered above, with whom it is for; HEAD is for whom GET is for."""
    routes = {("GET" if method == "HEAD" else method, path) for method, path in table(service)}
    assert routes == set(ROUTES)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_is_good_for_its_own_routes_alone(service: Service, outside: Outside, kind: str) -> None:
    """At any other it is refused and changes nothing that is stored; at its own the service does not fail."""
    site, forge_site = await service.install(), await service.install_through_forge()
    scene = Scene(service, site, forge_site)
    token, good = KINDS[kind]
    for (method, template), access in ROUTES.items():
        path = template.replace("{panorama:str}", PANORAMA).replace("{issue:str}", "1").replace("{path:str}", "x")
        authorization, callback = token(scene, method, path), scene.callback(path)
        before, reports = stored(outside), service.account_reports.asked
        status = await asked(service, method, path, authorization, callback)
        if access in good:
            assert status not in {401, 403}, f"{method} {path} refuses {kind}"
            assert status < 500, f"{method} {path} fails with {kind}: {status}"
        else:
            assert status in {401, 403}, f"{method} {path} takes {kind}: {status}"
            await service.event_work.settle()
            assert stored(outside) == before, f"{method} {path} refuses {kind} and writes"
            assert service.account_reports.asked == reports, f"{method} {path} refuses {kind} and reports"


def stored(outside: Outside) -> tuple[dict[Ref, Record], ...]:
    """Return every record there is, of the service and of its vault."""
    stores = (outside.storage, outside.vault)
    assert all(isinstance(store, MemoryStorage) for store in stores)
    return tuple(dict(store.records) for store in stores if isinstance(store, MemoryStorage))


async def asked(service: Service, method: str, path: str, token: str | None, callback: Callback | None) -> int:
    """Ask with the body that the route wants, if it is a callback's, and return the status."""
    headers = {} if token is None else {"Authorization": token}
    body = b"{}" if callback is None else callback.body
    content = body if method == "POST" else None
    async with service.client() as client:
        request = client.build_request(
            method, path, headers={**headers, "Content-Type": "application/json"}, content=content
        )
        answer = await client.send(request, stream=True)
        await answer.aclose()
    assert isinstance(answer, httpx.Response)
    return answer.status_code
