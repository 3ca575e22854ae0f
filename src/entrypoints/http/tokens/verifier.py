"""Who calls? The one place that answers it, for every kind of route."""

from application.tenants.replays import Replays
from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from application.users import Users
from domain.forge import ForgeCall
from domain.users import ACCOUNT_LIMIT
from entrypoints.http.tokens.claims import ConnectClaims
from entrypoints.http.tokens.connect import ConnectTokens
from entrypoints.http.tokens.forge import ForgeTokens
from entrypoints.http.tokens.keys import ForgeKeys, InstallKeys
from entrypoints.http.tokens.remembered import REMEMBERED, RememberedTokens
from entrypoints.http.tokens.requests import CONNECT, FORGE, Caller, Reason, Refused, TokenRequest, header_token
from entrypoints.http.tokens.sources import KeySource
from entrypoints.token_settings import TokenSettings
from ports.errors import ReadOnly
from ports.sources import Clock, Monotonic

_REMEMBERED_LIMIT = 4 * 1024


class TokenVerifier:
    """Tells who a request speaks for.

    Everything asynchronous raises Refused for whoever is not who it has to be, and what the repositories raise.
    """

    def __init__(
        self,
        settings: TokenSettings,
        tenants: Tenants,
        users: Users,
        replays: Replays,
        source: KeySource,
        clock: Clock,
        monotonic: Monotonic,
        *,
        remembered: int = REMEMBERED,
    ) -> None:
        """At most `remembered` tokens are known without being verified once more."""
        self._tenants = tenants
        self._users = users
        self._install_keys = InstallKeys(settings.key_servers, source, monotonic)
        self._forge_keys = ForgeKeys(settings.forge_keys, source, monotonic)
        self._connect = ConnectTokens(settings, tenants, self._install_keys, clock)
        self._forge = ForgeTokens(settings, tenants, self._forge_keys, replays, clock)
        self._remembered = RememberedTokens(clock, monotonic, most=remembered)

    def remembered(self, authorization: str) -> Caller | None:
        """Return who the only `Authorization` field speaks for, if that token has been verified before.

        Only while it has not expired and the tenant it was verified against, with its state and its secrets, has
        not changed, as known of at most 5 seconds ago. Never for Forge, whose tokens are short-lived and large.
        The caller has seen to it that there is no token in the query.
        """
        return self._remembered.caller(authorization)

    async def api_caller(self, request: TokenRequest, *, changes: bool) -> Caller:
        """Return who calls the API, to change something or only to read."""
        scheme, token = header_token(request, CONNECT, FORGE)
        if scheme == FORGE:
            invocation = await self._forge.of_page(token, request, changes=changes)
            caller, _ = await self._caller(invocation.view, invocation.claims.principal, changes=changes)
            return caller
        return await self._refreshed(request.authorization[0]) or await self._context(
            token, request.authorization[0], changes=changes
        )

    async def page_caller(self, request: TokenRequest) -> Caller:
        """Return whom Jira opens a page for."""
        signed = await self._connect.of_page(request)
        caller, _ = await self._caller(signed.view, signed.claims.sub, changes=False)
        return caller

    async def installation(self, request: TokenRequest) -> ConnectClaims:
        """Return the claims of a callback `installed` or `uninstalled`."""
        return await self._connect.of_installation(request)

    async def switching(self, request: TokenRequest) -> ConnectClaims:
        """Return the claims of a callback `enabled` or `disabled`."""
        return (await self._connect.of_site(request)).claims

    async def event(self, request: TokenRequest, body: bytes) -> ForgeCall:
        """Return which installation an event of Forge's is of; the token is good for this event alone from now on."""
        return await self._forge.of_event(request, body)

    async def close(self) -> None:
        """Stop every fetch of keys."""
        await self._install_keys.close()
        await self._forge_keys.close()

    async def _refreshed(self, authorization: str) -> Caller | None:
        """A token that is remembered needs no new verification if its tenant turns out not to have changed."""
        view = self._remembered.view(authorization)
        if view is not None:
            await self._tenants.get(view.tenant.id)
        return self._remembered.caller(authorization)

    async def _context(self, token: str, authorization: str, *, changes: bool) -> Caller:
        signed = await self._connect.of_page_context(token)
        caller, recorded = await self._caller(signed.view, signed.claims.sub, changes=changes)
        if recorded and len(authorization) <= _REMEMBERED_LIMIT:
            self._remembered.remember(authorization, caller, signed.view, signed.until)
        return caller

    async def _caller(self, view: TenantView, account: str | None, *, changes: bool) -> tuple[Caller, bool]:
        """Return who calls, and whether a user record says so: reading goes on where nothing can be written."""
        if account is None or not 0 < len(account) <= ACCOUNT_LIMIT:
            raise Refused(Reason.ACCOUNT)
        tenant = view.tenant.id
        try:
            return Caller(tenant, await self._users.internal_id(tenant, account)), True
        except ReadOnly:
            if changes:
                raise
            return Caller(tenant, await self._users.id_of(tenant, account)), False
