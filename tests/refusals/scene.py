"""Who is there when a request is refused, and how such a request is made."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

import jwt

from entrypoints.http import qsh
from entrypoints.http.tokens import Reason, TokenRequest
from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.forge import ForgeSite
from entrypoints.sandbox.jira import ConnectSite, SandboxJira
from tests.fakes.jira import FakeKeySource
from tests.fakes.sources import FakeTime

STRANGE_SECRET: Final = "a secret that no site has ever shared with anybody"


class Route(Enum):
    """What kind of route a request is for."""

    READ = "the API, to read"
    CHANGE = "the API, to change something"
    PAGE = "the page in its frame"
    INSTALLED = "/connect/installed"
    UNINSTALLED = "/connect/uninstalled"
    ENABLED = "/connect/enabled"
    DISABLED = "/connect/disabled"
    FORGE = "/forge/lifecycle"


FORBIDDEN: Final = frozenset(
    {
        Reason.TENANT,
        Reason.STATE,
        Reason.ACCOUNT,
        Reason.KIND,
        Reason.EVENT,
        Reason.SITE,
        Reason.SITE_UNCLEAR,
    }
)
"""Why a token that verifies does not help: told as 403."""


class Scene(Protocol):
    """A service at which `site`, and `forge_site` through Forge, have installed the app, and the Jira that calls it."""

    jira: SandboxJira
    source: FakeKeySource
    time: FakeTime
    site: ConnectSite
    forge_site: ForgeSite
    first_secret: str
    """What `site` signed with at first."""

    async def told(self, callback: Callback) -> None:
        """Let a callback that is in order take effect."""

    async def read(self, authorization: str) -> None:
        """Let a request that is in order read something."""

    async def change(self, authorization: str, key: str = "") -> None:
        """Let a request that is in order change something, with an idempotency key or without one."""

    async def end(self) -> None:
        """End the use of the app on `forge_site` as of a second from now, as its silence does."""


class Attempt(NamedTuple):
    """A request that will be refused."""

    request: TokenRequest
    body: bytes = b""


class Refusal(NamedTuple):
    """Why one request is refused, and what happens before it is made."""

    name: str
    route: Route
    reason: Reason
    attempt: Callable[[Scene], Attempt]
    before: Callable[[Scene], Awaitable[None]] | None = None

    @property
    def status(self) -> int:
        """What the answer has to be."""
        if self.reason is Reason.KEY_SERVER:
            return 503
        return 403 if self.reason in FORBIDDEN else 401


def api(*authorization: str, query: str = "", method: str = "GET", key: str = "") -> Attempt:
    """Return a request to the API."""
    return Attempt(TokenRequest(method, "/api/panoramas", query, authorization, key))


def sent(callback: Callback, *, token: str | None = None, body: bytes | None = None) -> Attempt:
    """Return a callback, perhaps with another token or another body."""
    authorization = callback.authorization if token is None else f"JWT {token}"
    return Attempt(TokenRequest("POST", callback.path, "", (authorization,)), callback.body if body is None else body)


def bare(authorization: str) -> str:
    """Return the token without its scheme."""
    return authorization.partition(" ")[2]


def moment(scene: Scene, offset: float) -> float:
    """Return the seconds since 1970, that much from now."""
    return scene.time.clock().timestamp() + offset


def claims_of(scene: Scene, **changed: object) -> dict[str, Any]:
    """Return what a page's token claims, with some claims changed; None leaves one out."""
    now = int(moment(scene, 0))
    claims = {"iss": scene.site.client_key, "sub": "ann", "iat": now, "exp": now + 900, "qsh": qsh.CONTEXT, **changed}
    return {name: value for name, value in claims.items() if value is not None}


def callback_claims(scene: Scene, event: str, **changed: object) -> dict[str, Any]:
    """Return what the token of a callback claims, with some claims changed; None leaves one out."""
    own = {"qsh": qsh.query_string_hash("POST", f"/connect/{event}", ""), "aud": scene.jira.app.base_url}
    return claims_of(scene, **{**own, **changed})


def by_secret(claims: dict[str, Any], secret: str) -> str:
    """Return a token signed with HS256."""
    return jwt.encode(claims, secret, "HS256")
