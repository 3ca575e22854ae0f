"""The tokens of Atlassian Connect: signed by Jira's install keys, or with the secret that a site shares with us."""

from datetime import datetime
from typing import NamedTuple

from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from domain.tenants import accepted_secrets, accepted_until, is_served
from entrypoints.http import qsh
from entrypoints.http.tokens.claims import ConnectClaims, Header, Issuer, check_times, decoded, unverified
from entrypoints.http.tokens.keys import InstallKeys
from entrypoints.http.tokens.requests import CONNECT, Reason, Refused, TokenRequest, header_token, query_token
from entrypoints.http.tokens.signatures import payload_signed_by_key, payload_signed_by_secret
from entrypoints.token_settings import TokenSettings
from ports.sources import Clock


class Signed(NamedTuple):
    """A token that a tenant signed."""

    view: TenantView
    claims: ConnectClaims
    until: datetime
    """When it is good no more: it has expired, or the secret that it was signed with has."""


class ConnectTokens:
    """Checks each kind of token in the order of the table in the documentation of HTTP; raises Refused."""

    def __init__(self, settings: TokenSettings, tenants: Tenants, keys: InstallKeys, clock: Clock) -> None:
        self._settings = settings
        self._base_paths = settings.base_paths()
        self._tenants = tenants
        self._keys = keys
        self._clock = clock

    async def of_page_context(self, token: str) -> Signed:
        """Return a token that a page was given for the API: it is tied to no request."""
        signed = await self._signed(token)
        if signed.claims.qsh != qsh.CONTEXT:
            raise Refused(Reason.REQUEST)
        return _served(signed)

    async def of_page(self, request: TokenRequest) -> Signed:
        """Return the token that Jira opens a page with: it is in the query, and tied to exactly this request."""
        signed = await self._signed(query_token(request))
        self._check_request(signed.claims, request)
        return _served(signed)

    async def of_site(self, request: TokenRequest) -> Signed:
        """Return the token of a callback that the site signs with its secret, whatever state the tenant is in."""
        signed = await self._signed(header_token(request, CONNECT).token)
        self._check_request(signed.claims, request)
        return signed

    async def of_installation(self, request: TokenRequest) -> ConnectClaims:
        """Return what Jira itself claims of a callback, signed with an install key."""
        token = header_token(request, CONNECT).token
        key = await self._keys.key(unverified(token.partition(".")[0], Header).kid)
        claims = decoded(payload_signed_by_key(token, key), ConnectClaims)
        check_times(claims, self._clock())
        if not self._settings.is_audience(claims.aud):
            raise Refused(Reason.AUDIENCE)
        self._check_request(claims, request)
        return claims

    async def _signed(self, token: str) -> Signed:
        issuer = unverified(token.split(".")[1], Issuer).iss
        view = await self._tenants.by_alias(connect_alias(issuer))
        if view is None:
            raise Refused(Reason.TENANT)
        signed = self._verified(token, view) or self._verified(token, await self._newer(view))
        if signed is None:
            raise Refused(Reason.SIGNATURE)
        check_times(signed.claims, self._clock())
        return signed

    async def _newer(self, view: TenantView) -> TenantView:
        """The secret may have been swapped by another process since we looked."""
        newer = await self._tenants.reload(view)
        if newer is None:
            raise Refused(Reason.TENANT)
        return newer

    def _verified(self, token: str, view: TenantView) -> Signed | None:
        secrets = view.tenant.secrets
        if secrets is None:
            return None
        for secret in accepted_secrets(secrets, self._clock()):
            payload = payload_signed_by_secret(token, secret)
            if payload is not None:
                claims = decoded(payload, ConnectClaims)
                return Signed(view, claims, min(claims.usable_until, accepted_until(secrets, secret)))
        return None

    def _check_request(self, claims: ConnectClaims, request: TokenRequest) -> None:
        method, path, query = request[:3]
        if not any(qsh.matches(claims.qsh, method, path, query, base) for base in self._base_paths):
            raise Refused(Reason.REQUEST)


def connect_alias(client_key: str) -> str:
    """Return the name that a site's tenant is found by."""
    return f"jira:{client_key}"


def _served(signed: Signed) -> Signed:
    if not is_served(signed.view.tenant):
        raise Refused(Reason.STATE)
    return signed
