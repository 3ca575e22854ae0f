"""Whom a connection is with, whatever address a proxy forwards."""

from typing import Any, Final, TypeAlias, cast

from litestar.types import ASGIApp, Receive, Scope, Send

_PEER: Final = "panorama.peer"

Peer: TypeAlias = "tuple[str, int] | None"
"""An address and a port; None over a Unix socket."""


class Peers:
    """Keeps the other end of each connection in the scope; for outside of the layer that reads forwarded addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        cast("dict[str, Any]", scope)[_PEER] = scope.get("client")
        await self._app(scope, receive, send)


def peer_of(scope: Scope) -> Peer:
    """Return the other end of a request's connection; that is the client where no layer has kept another."""
    peer: Peer = cast("dict[str, Any]", scope).get(_PEER, scope["client"])
    return peer
