"""What RFC 9110 asks of every resource alike: one Host, HEAD as GET without a body, OPTIONS, content codings."""

import re
from collections.abc import Collection, Mapping
from typing import Final, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from entrypoints.http.answers import send_problem
from entrypoints.http.codings import TAKEN, coding_of, decoded_receive, is_taken, without_coding
from entrypoints.http.problems import allowed_methods

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
"""A name or an address, with or without a port (RFC 9110, section 7.2)."""


_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""A body of any other method means nothing (RFC 9110, section 9.3), and is left as it is."""


_SERVER: Final = "*"
"""What OPTIONS asks about in the place of a resource where it means the server."""


class Semantics:
    """Wraps the application; the body that a coding packs is unpacked within `body_limit` while it is read."""

    def __init__(self, app: ASGIApp, body_limit: int, methods: Mapping[str, Collection[str]]) -> None:
        """`methods` is by the path as the application writes it."""
        self._app = app
        self._methods = methods
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        names = [name for name, _ in scope["headers"]]  # Of every request, so in one pass.
        if not _has_one_host(scope, names):
            await send_problem(scope, send, "request-invalid", at=["Host"])
            return
        is_packed = scope["method"] in _WITH_BODY and b"content-encoding" in names
        if is_packed and (coding := coding_of(scope["headers"])):
            if not is_taken(coding):
                headers = [(b"accept-encoding", ", ".join(TAKEN).encode())]
                await send_problem(scope, send, "media-type-unsupported", headers, codings=list(TAKEN))
                return
            receive = decoded_receive(receive, self._body_limit)
            scope["headers"] = without_coding(scope["headers"])
        if scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        elif scope["method"] == "OPTIONS" and scope["path"] == _SERVER:
            await self._tell_of_server(send)
        elif scope["method"] == "OPTIONS":
            await self._app(scope, receive, self._with_whole_allow(scope, send))
        else:
            await self._app(scope, receive, send)

    async def _tell_of_server(self, send: Send) -> None:
        """Tell what is served at all (RFC 9110, section 9.3.7)."""
        methods = allowed_methods(",".join(set().union(*self._methods.values())))
        await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", methods.encode())]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _head(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer as GET is answered, up to the body; a stream ends there."""
        as_get = cast("HTTPScope", {**scope, "method": "GET"})
        ended = False

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                ended = True

        async def receive_until_ended() -> ReceiveMessage:
            return {"type": "http.disconnect"} if ended else await receive()

        try:
            await self._app(as_get, receive_until_ended, send_head)
        finally:
            if "path_template" in as_get:
                scope["path_template"] = as_get["path_template"]

    def _with_whole_allow(self, scope: HTTPScope, send: Send) -> Send:
        """Let `Allow` name every method of the path."""

        async def send_allowing(message: Message) -> None:
            if message["type"] == "http.response.start":
                methods = ",".join(self._methods.get(scope.get("path_template", ""), ()))
                message["headers"] = [
                    (name, allowed_methods(methods).encode() if name.lower() == b"allow" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        return send_allowing


def _has_one_host(scope: HTTPScope, names: list[bytes]) -> bool:
    """Whether the request names its host once, as RFC 9112, section 3.2 asks; HTTP/1.0 did not yet."""
    hosts = names.count(b"host")
    if hosts == 1:
        return all(_HOST.fullmatch(value) for name, value in scope["headers"] if name == b"host")
    return not hosts and scope["http_version"] == "1.0"
