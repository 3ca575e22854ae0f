"""Forge Invocation Tokens: what Forge vouches for when it calls a remote service."""

from typing import Final, NamedTuple

from application.tenants.replays import Replays
from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from domain.ids import SYSTEM
from domain.tenants import is_served
from entrypoints.http.tokens.claims import ForgeClaims, Header, check_times, decoded, unverified
from entrypoints.http.tokens.keys import ForgeKeys
from entrypoints.http.tokens.requests import FORGE, Reason, Refused, TokenRequest, header_token
from entrypoints.http.tokens.signatures import payload_signed_by_key
from entrypoints.token_settings import TokenSettings
from ports.sources import Clock

ISSUER: Final = "forge/invocation-token"

_INSTALLATION: Final = "ari:cloud:ecosystem::installation/"


class Invocation(NamedTuple):
    """A token that Forge signed for a tenant that is served."""

    view: TenantView
    claims: ForgeClaims


class ForgeTokens:
    """Checks the tokens of Forge; each is good for one call. Raises Refused."""

    def __init__(
        self, settings: TokenSettings, tenants: Tenants, keys: ForgeKeys, replays: Replays, clock: Clock
    ) -> None:
        self._settings = settings
        self._tenants = tenants
        self._keys = keys
        self._replays = replays
        self._clock = clock

    async def of_call(self, token: str, *, changes: bool) -> Invocation:
        """Return the token of a call to the API, used from now on."""
        claims = await self._verified(token)
        view = await self._tenants.by_alias(forge_alias(claims.app.installation_id))
        if view is None:
            raise Refused(Reason.TENANT)
        if not is_served(view.tenant):
            raise Refused(Reason.STATE)
        if not await self._replays.claim(view.tenant.id, claims.jti, claims.usable_until, changes=changes):
            raise Refused(Reason.REPLAYED)
        return Invocation(view, claims)

    async def of_event(self, request: TokenRequest) -> ForgeClaims:
        """Return the claims of an event of the app's life, used from now on; there need be no tenant yet.

        The token does not cover the body that names the event, so that it must not be good for a second one.
        """
        claims = await self._verified(header_token(request, FORGE).token)
        if not await self._replays.claim(SYSTEM, claims.jti, claims.usable_until, changes=True):
            raise Refused(Reason.REPLAYED)
        return claims

    async def _verified(self, token: str) -> ForgeClaims:
        key = await self._keys.key(unverified(token.partition(".")[0], Header).kid)
        claims = decoded(payload_signed_by_key(token, key), ForgeClaims)
        if claims.iss != ISSUER:
            raise Refused(Reason.ISSUER)
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if self._settings.forge_app is None or self._settings.forge_app not in audience:
            raise Refused(Reason.AUDIENCE)
        check_times(claims, self._clock())
        return claims


def installation_name(installation: str) -> str:
    """Return an installation's id as events name it, which tokens give as a resource name (ARI)."""
    return installation.removeprefix(_INSTALLATION)


def forge_alias(installation: str) -> str:
    """Return the name that the tenant of an installation is found by."""
    return f"forge:{installation_name(installation)}"
