"""The routes that Jira calls when the app is installed, removed, enabled and disabled; and what the app is."""

from typing import Any, Final

from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_204_NO_CONTENT

from application.tenants.lifecycle import install_app, switch_app, uninstall_app
from application.tenants.repository import Tenants
from entrypoints.http.descriptor import descriptor
from entrypoints.http.tokens import TokenRequest, TokenSettings, TokenVerifier
from entrypoints.http.tokens.callbacks import ConnectEvent, installed, named_site
from ports.sources import Clock

BODY_LIMIT: Final = 64 * 1024
"""The largest body of a callback in bytes."""


def lifecycle_routes(settings: TokenSettings, verifier: TokenVerifier, tenants: Tenants, clock: Clock) -> Router:
    """Return the routes; each answers 204 once what it was told is durable, and refuses whoever may not tell it."""
    handlers = [
        _descriptor(settings),
        _installed(settings, verifier, tenants, clock),
        _uninstalled(settings, verifier, tenants),
        _switched(ConnectEvent.ENABLED, settings, verifier, tenants),
        _switched(ConnectEvent.DISABLED, settings, verifier, tenants),
    ]
    return Router("/", route_handlers=handlers, include_in_schema=False, request_max_body_size=BODY_LIMIT)


def _descriptor(settings: TokenSettings) -> HTTPRouteHandler:
    @get("/atlassian-connect.json")
    async def connect_descriptor() -> dict[str, Any]:
        """Answer what the app is, to anybody."""
        return descriptor(settings)

    return connect_descriptor


def _installed(settings: TokenSettings, verifier: TokenVerifier, tenants: Tenants, clock: Clock) -> HTTPRouteHandler:
    @post("/connect/installed", status_code=HTTP_204_NO_CONTENT)
    async def app_installed(request: Request[None, None, Any]) -> None:
        """Begin the site's life with the app, or bring it back."""
        claims = await verifier.installation(TokenRequest.of(request.scope))
        await install_app(installed(await request.body(), claims, settings), tenants, clock)

    return app_installed


def _uninstalled(settings: TokenSettings, verifier: TokenVerifier, tenants: Tenants) -> HTTPRouteHandler:
    @post("/connect/uninstalled", status_code=HTTP_204_NO_CONTENT)
    async def app_uninstalled(request: Request[None, None, Any]) -> None:
        """Stop serving the site; the grace period begins."""
        claims = await verifier.installation(TokenRequest.of(request.scope))
        alias = named_site(await request.body(), claims, ConnectEvent.UNINSTALLED, settings)
        await uninstall_app(alias, claims.issued, tenants)

    return app_uninstalled


def _switched(
    event: ConnectEvent, settings: TokenSettings, verifier: TokenVerifier, tenants: Tenants
) -> HTTPRouteHandler:
    @post(f"/connect/{event}", status_code=HTTP_204_NO_CONTENT)
    async def app_switched(request: Request[None, None, Any]) -> None:
        """Serve the site, or stop serving it for a while."""
        claims = await verifier.switching(TokenRequest.of(request.scope))
        alias = named_site(await request.body(), claims, event, settings)
        await switch_app(alias, claims.issued, tenants, enabled=event is ConnectEvent.ENABLED)

    return app_switched
