"""Nobody comes past here unknown, and no tenant more often than is its share."""

import re
from typing import Final, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard, HTTPScope

from domain.errors import NotInstalled
from domain.ids import TenantId
from domain.tenants import Tenant, is_served
from entrypoints.http.headers import values_of
from entrypoints.http.limits import RateLimit
from entrypoints.http.services import Services
from entrypoints.http.tokens import Caller, TokenRequest, TokenVerifier

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""

_MAYBE_TOKEN: Final = re.compile(rb"jwt|%")
"""A query that may hold a token, perhaps under an encoded name, is looked at more closely."""


def gate(services: Services) -> Guard:
    """Return the guard of all panorama routes: it puts the caller into the scope, then counts the call.

    It raises Refused, or the problem `rate-limited`. It is a function because Litestar copies routers deeply, and
    copies functions never.
    """
    limit = RateLimit(services.settings.requests_per_second, services.settings.burst, services.monotonic)

    async def let_in(
        connection: ASGIConnection[BaseRouteHandler, Caller, None, State], _handler: BaseRouteHandler
    ) -> None:
        scope = cast("HTTPScope", connection.scope)
        if scope["method"] == "OPTIONS":
            return  # The methods of a resource are documented; there is nothing of a tenant in the answer.
        caller = await identified(scope, services.tokens)
        scope["user"] = caller
        scope["state"]["tenant"] = caller.tenant
        limit.take(caller.tenant)

    return let_in


async def served(services: Services, tenant: TenantId) -> Tenant:
    """Return the tenant; raises NotInstalled where it is not served now."""
    view = await services.tenants.get(tenant)
    if view is None or not is_served(view.tenant):
        raise NotInstalled
    return view.tenant


async def identified(scope: HTTPScope, tokens: TokenVerifier) -> Caller:
    """Return who calls; a token that was verified before costs one look. Raises Refused."""
    authorization = values_of(scope["headers"], b"authorization")
    if len(authorization) == 1 and _MAYBE_TOKEN.search(scope["query_string"]) is None:
        caller = tokens.remembered(authorization[0])
        if caller is not None:
            return caller
    return await tokens.api_caller(TokenRequest.of(scope), changes=scope["method"] not in READING)
