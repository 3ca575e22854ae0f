"""Answers to requests that never reach the application."""

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from entrypoints.http.headers import NO_CONTENT_POLICY, NO_STORE, SECURITY
from entrypoints.http.problems import MEDIA_TYPE, problem_document
from entrypoints.problem_kinds import KINDS


class Refusal:
    """ASGI application that answers every request with one problem and closes the connection."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.status = KINDS[code].status
        self.body = msgspec.json.encode(problem_document(code, self.status, {}))
        self.headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(self.body)).encode()),
            (b"connection", b"close"),
            NO_STORE,
            NO_CONTENT_POLICY,
            *SECURITY,
        ]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": self.body, "more_body": False}
        await send(start)
        await send(body)

    def as_bytes(self, defaults: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Return the same answer as it goes over the wire, for a request that has no end."""
        status = HTTPStatus(self.status)
        fields = b"".join(b"%b: %b\r\n" % field for field in (*defaults, *self.headers))
        return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status.value, status.phrase.encode(), fields, self.body)
