"""What machines ask the service about itself: whether it lives, whether it can serve, and its counters."""

from typing import Any, Final

import msgspec
from litestar import Request, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from entrypoints.http.metrics import MEDIA_TYPE, Metrics
from entrypoints.http.operators import Operators
from entrypoints.http.readiness import OK, Readiness
from entrypoints.http.services import Services

_RETRY: Final = {"Retry-After": "1"}


def operations_routes(services: Services, metrics: Metrics, operators: Operators) -> Router:
    """Return the routes; none needs a token, and none says anything about a tenant."""
    return Router("/", route_handlers=[_health(), _readiness(services), _counters(operators, metrics)])


def _health() -> HTTPRouteHandler:
    @get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Answer for as long as the process can."""
        return {"status": "ok"}

    return healthz


def _readiness(services: Services) -> HTTPRouteHandler:
    readiness = Readiness({**services.checks, **services.spares})

    @get("/readyz", include_in_schema=False)
    async def readyz(request: Request[Any, Any, Any]) -> ASGIResponse:
        """Ask every part and tell of each; 503 where one is out that nothing is served without."""
        states = await readiness.states()
        body = msgspec.json.encode(states)
        if out := [f"{name} {states[name]}" for name in services.checks if states[name] != OK]:
            request.scope["state"]["reason"] = ", ".join(out)
            return ASGIResponse(body=body, status_code=503, headers=_RETRY)
        return ASGIResponse(body=body)

    return readyz


def _counters(operators: Operators, metrics: Metrics) -> HTTPRouteHandler:
    @get("/metrics", include_in_schema=False)
    async def counters(request: Request[Any, Any, Any]) -> ASGIResponse:
        """Answer operators; to everybody else there is nothing here."""
        if not operators.includes(request.scope):
            raise NotFoundException
        return ASGIResponse(body=await metrics.exposition(), media_type=MEDIA_TYPE)

    return counters
