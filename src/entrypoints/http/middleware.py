"""The one layer around every request: it times, counts, logs and adds the headers that every answer carries."""

from http import HTTPStatus
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from application.faults import place_of
from entrypoints.http.headers import NO_CONTENT_POLICY, NO_STORE, SECURITY
from entrypoints.http.logs import Log
from entrypoints.http.metrics import Metrics
from ports.sources import Monotonic

_UNMATCHED: Final = "(none)"
"""Stands for the route of a request that fits none: its path is the caller's text."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines; logged only when they fail."""

_CUT: Final = 499
"""Counted and logged where the client left before the answer began."""


class Envelope:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Log, monotonic: Monotonic) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        status = _CUT

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                guard(message)
            await send(message)

        scope["state"] = {}
        try:
            await self._app(scope, receive, send_guarded)
        finally:
            self._record(scope, status, self._monotonic() - began)

    def _record(self, scope: HTTPScope, status: int, seconds: float) -> None:
        route = scope.get("path_template", _UNMATCHED)
        method = scope["method"] if scope["method"] in _METHODS else _UNMATCHED
        self._metrics.observe(method, route, status, seconds)
        if route in _QUIET and status == HTTPStatus.OK:
            return
        state = scope["state"]
        fields = {"method": method, "route": route, "status": status, "seconds": round(seconds, 6)}
        fields |= {name: state[name] for name in ("tenant", "kind", "reason", "where") if name in state}
        if "fault" in state:
            fault: BaseException = state["fault"]
            fields |= {"fault": type(fault).__name__, "where": place_of(fault.__traceback__)}
        self._log.info("request", **fields)


def guard(message: HTTPResponseStartEvent) -> None:
    """Add the headers that every answer carries to the start of one."""
    headers = [*message["headers"], *SECURITY]
    names = {name for name, _ in headers}
    if b"cache-control" not in names:
        headers.append(NO_STORE)
    if b"content-security-policy" not in names:
        headers.append(NO_CONTENT_POLICY)
    message["headers"] = headers
