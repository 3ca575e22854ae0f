"""The last look before an answer: no change is acknowledged that another site may not know of."""

from http import HTTPStatus
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from application.failover.fence import AnyFence
from entrypoints.http.answers import send_problem
from entrypoints.http.guards import READING
from entrypoints.http.problems import RETRY_SECONDS

_CODE: Final = "read-only"


class Fencing:
    """Wraps the application: where the fence has closed, an answer of success becomes the problem `read-only`.

    A storage behind the fence refuses what is written after it closed. What is looked for here is the rest: a write
    whose lost answer was found again, a repeat that found its first try, a process that was stopped before it answered.
    """

    def __init__(self, app: ASGIApp, fence: AnyFence) -> None:
        self._app = app
        self._fence = fence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        replaced = False

        async def send_acknowledged(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and self._is_late(message):
                replaced = True
                await send_problem(scope, send, _CODE, [(b"retry-after", str(RETRY_SECONDS).encode())])
            elif not replaced:
                await send(message)

        await self._app(scope, receive, send_acknowledged)

    def _is_late(self, start: HTTPResponseStartEvent) -> bool:
        return start["status"] < HTTPStatus.BAD_REQUEST and not self._fence.is_open
