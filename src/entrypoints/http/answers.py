"""Answers as ready bytes: no layer looks at them again."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Receive, Scope, Send
from litestar.types.asgi_types import RawHeadersList

from entrypoints.http.problems import MEDIA_TYPE, problem_document
from entrypoints.problem_kinds import KINDS

JSON: Final = (b"content-type", b"application/json")


class Answer(ASGIResponse):
    """A status, headers and a body that are sent as they are."""

    __slots__ = ("_fields",)

    def __init__(self, body: bytes, status: int = 200, fields: Iterable[tuple[bytes, bytes]] = (JSON,)) -> None:
        self.body = body
        self.status_code = status
        self._fields: RawHeadersList = list(fields)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        if self.status_code != HTTPStatus.NOT_MODIFIED:
            self._fields.append((b"content-length", str(len(self.body)).encode()))
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self._fields,
        }
        body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": self.body, "more_body": False}
        await send(start)
        await send(body)


def json_answer(document: msgspec.Struct, status: int = 200, fields: Iterable[tuple[bytes, bytes]] = ()) -> Answer:
    """Return a document as an answer."""
    return Answer(msgspec.json.encode(document), status, (JSON, *fields))


async def send_problem(
    scope: HTTPScope, send: Send, code: str, fields: Iterable[tuple[bytes, bytes]] = (), **details: Any
) -> None:
    """Answer with a problem from a layer around the application."""
    scope["state"]["reason"] = code
    status = KINDS[code].status
    body = msgspec.json.encode(problem_document(code, status, details))
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", MEDIA_TYPE.encode()), length, *fields]
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
