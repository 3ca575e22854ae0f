"""Forge Invocation Tokens: what Forge vouches for when it calls a remote service."""

from typing import NamedTuple

from application.tenants.forge import get_or_create
from application.tenants.replays import Replays
from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from domain.forge import ForgeCall
from domain.tenants import is_served
from entrypoints.http.tokens.claims import Header, check_times, decoded, unverified
from entrypoints.http.tokens.forge_claims import ForgeClaims, Kind, call_of, check_kind, check_meant
from entrypoints.http.tokens.forge_events import content_of
from entrypoints.http.tokens.keys import ForgeKeys
from entrypoints.http.tokens.requests import FORGE, Reason, Refused, TokenRequest, header_token
from entrypoints.http.tokens.signatures import payload_signed_by_key
from entrypoints.token_settings import TokenSettings
from ports.sources import Clock


class Invocation(NamedTuple):
    """A page's call for a tenant that is served."""

    view: TenantView
    claims: ForgeClaims


class ForgeTokens:
    """Checks the tokens of Forge. Raises Refused.

    A token may read as often as it is good, because hosts cache tokens. It changes something once, at whichever route
    of whichever process it arrives; a repeat of that very call goes through, to be answered as the first.
    """

    def __init__(
        self, settings: TokenSettings, tenants: Tenants, keys: ForgeKeys, replays: Replays, clock: Clock
    ) -> None:
        self._settings = settings
        self._tenants = tenants
        self._keys = keys
        self._replays = replays
        self._clock = clock

    async def of_page(self, token: str, request: TokenRequest, *, changes: bool) -> Invocation:
        """Return a page's call to the API; its site's life with the app begins by it where no event was first.

        A call that changes something is repeatable where it has an idempotency key.
        """
        claims = await self._verified(token, Kind.PAGE)
        view = await get_or_create(call_of(claims, self._settings), self._tenants, self._clock)
        if view is None or not is_served(view.tenant):
            raise Refused(Reason.STATE)
        if changes:
            await self._use(claims, _repeatable(request))
        return Invocation(view, claims)

    async def of_event(self, request: TokenRequest, body: bytes) -> ForgeCall:
        """Return which installation an event is of; there need be no tenant yet.

        The token does not cover the body, so that it must not be good for an event of another content.
        """
        claims = await self._verified(header_token(request, FORGE).token, Kind.EVENT)
        call = call_of(claims, self._settings)
        await self._use(claims, f"{request.method} {request.path}\n{content_of(body)}")
        return call

    async def _verified(self, token: str, kind: Kind) -> ForgeClaims:
        key = await self._keys.key(unverified(token.partition(".")[0], Header).kid)
        claims = decoded(payload_signed_by_key(token, key), ForgeClaims)
        check_meant(claims, self._settings)
        check_times(claims, self._clock())
        check_kind(claims, kind)
        return claims

    async def _use(self, claims: ForgeClaims, call: str) -> None:
        if not await self._replays.claim(claims.jti, claims.usable_until, call):
            raise Refused(Reason.REPLAYED)


def _repeatable(request: TokenRequest) -> str:
    """Return what a repeat has in common with the first call; empty where the service could not answer one alike."""
    if not request.idempotency_key:
        return ""
    return f"{request.method} {request.path}?{request.query}\n{request.idempotency_key}"
