"""The route that Forge calls by its timer, so that the accounts of its installations can be reported."""

from typing import Any, Final

from litestar import Request, Router, post
from litestar.status_codes import HTTP_204_NO_CONTENT

from application.accounts.reporting import Reporting
from application.maintenance.jobs import Turn
from application.tenants.repository import Tenants
from domain.tenants import is_served
from entrypoints.http.tokens import Reason, Refused, TokenRequest, TokenVerifier
from entrypoints.http.tokens.forge import forge_alias
from ports.sources import Monotonic

BODY_LIMIT: Final = 64 * 1024
"""The largest body of a call in bytes; what it says is not looked at."""

TURN: Final = 3.0
"""Seconds for which reports go on before the call is answered: Forge waits for 5. What is left waits for the next."""

_CARRIER: Final = "x-forge-oauth-system"
"""The header that carries the token; never logged."""


def personal_data_routes(
    verifier: TokenVerifier, tenants: Tenants, reporting: Reporting, monotonic: Monotonic
) -> Router:
    """Return the route; it answers 204 whatever became of the reports, which are due again if they failed."""

    @post("/forge/personal-data", status_code=HTTP_204_NO_CONTENT)
    async def report_personal_data(request: Request[None, None, Any]) -> None:
        """Report the accounts of an installation, by the token that Forge gives the app for it with each call."""
        claims = await verifier.event(TokenRequest.of(request.scope))
        view = await tenants.by_alias(forge_alias(claims.app.installation_id))
        if view is None:
            raise Refused(Reason.TENANT)
        if not is_served(view.tenant):
            raise Refused(Reason.STATE)
        token = request.headers.get(_CARRIER)
        if not token:
            raise Refused(Reason.MISSING)
        await reporting.of_installation(view.tenant.id, token, Turn(monotonic, TURN))

    return Router("/", route_handlers=[report_personal_data], include_in_schema=False, request_max_body_size=BODY_LIMIT)
