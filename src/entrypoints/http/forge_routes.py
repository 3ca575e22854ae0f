"""The routes that Forge calls of its own accord: events of the app's life, and its hourly timer.

Each answers `200 {}` within a second of having verified the token. A route says what is told; the token alone says of
which installation.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from litestar import Request, Router, post
from litestar.handlers import HTTPRouteHandler

from application.accounts.reporting import Reporting
from application.maintenance.jobs import Turn
from application.tenants.forge import get_or_create, note_leaving
from application.tenants.repository import Tenants
from domain.forge import ForgeCall
from domain.tenants import Tenant, is_served
from entrypoints.http.event_work import EventWork
from entrypoints.http.tokens import Reason, Refused, TokenRequest, TokenVerifier
from entrypoints.http.tokens.forge_events import event_kind
from ports.sources import Clock, Monotonic

BODY_LIMIT: Final = 64 * 1024
"""The largest body of an event in bytes."""

TURN: Final = 30.0
"""Seconds for which the reports of one installation go on after a call; what is left waits for the next."""

_CARRIER: Final = "x-forge-oauth-system"
"""The header that carries the app's own token for the Jira site; never logged."""

Effect: TypeAlias = Callable[[ForgeCall, str | None], Awaitable[None]]
"""What an event causes, given who called and the app's token, if one came along."""


def forge_routes(
    verifier: TokenVerifier,
    tenants: Tenants,
    reporting: Reporting,
    work: EventWork,
    clock: Clock,
    monotonic: Monotonic,
) -> Router:
    """Return the routes; each refuses a page's token, whose user chooses path and body."""

    async def heard(call: ForgeCall, _token: str | None) -> None:
        """Begin the site's life with the app, or bring it back; it is heard in any case."""
        await _served(call, tenants, clock)

    async def timer(call: ForgeCall, token: str | None) -> None:
        """Report the accounts of the installation besides, by the token that Forge gives the app with each call."""
        tenant = await _served(call, tenants, clock)
        if token:
            await reporting.of_installation(tenant.id, token, Turn(monotonic, TURN))

    async def leaving(call: ForgeCall, _token: str | None) -> None:
        """Note that the app is about to be removed; it ends nothing."""
        await note_leaving(call, tenants)

    handlers = [
        _event(["/forge/lifecycle"], verifier, work, heard),
        _event(["/forge/hourly", "/forge/personal-data"], verifier, work, timer),
        _event(["/forge/pre-uninstall"], verifier, work, leaving),
    ]
    return Router("/", route_handlers=handlers, include_in_schema=False, request_max_body_size=BODY_LIMIT)


def _event(paths: list[str], verifier: TokenVerifier, work: EventWork, effect: Effect) -> HTTPRouteHandler:
    @post(paths, status_code=200)
    async def forge_event(request: Request[None, None, Any]) -> dict[str, str]:
        """Verify, acknowledge, and see to the effect."""
        body = await request.body()
        call = await verifier.event(TokenRequest.of(request.scope), body)
        request.scope["state"]["kind"] = event_kind(body)
        await work.run(_caused(effect, call, request.headers.get(_CARRIER)))
        return {}

    return forge_event


async def _caused(effect: Effect, call: ForgeCall, token: str | None) -> None:
    await effect(call, token)


async def _served(call: ForgeCall, tenants: Tenants, clock: Clock) -> Tenant:
    view = await get_or_create(call, tenants, clock)
    if view is None or not is_served(view.tenant):
        raise Refused(Reason.STATE)
    return view.tenant
