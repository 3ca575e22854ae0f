"""A Jira site that installs the app through Connect, opens its page and calls it: all signed as by the real one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import msgspec

from entrypoints.http import qsh
from entrypoints.http.tokens.callbacks import ConnectEvent
from entrypoints.http.tokens.signatures import HS256, RS256
from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.forge import ForgeSite, SandboxForge
from entrypoints.sandbox.keys import SandboxKeys
from ports.sources import Clock, Random

BASE_URL: Final = "https://no-site.sandbox.atlassian.net"
"""Where a site of the sandbox would be. No certificate covers the name, so that nobody is ever spoken to there."""

CALLBACK_LIFETIME: Final = timedelta(minutes=3)
CONTEXT_LIFETIME: Final = timedelta(minutes=15)


class ConnectSite(msgspec.Struct, kw_only=True):
    """A site that installs the app by Connect; a re-installation gives it a new secret."""

    client_key: str
    shared_secret: str
    base_url: str = BASE_URL

    def __repr__(self) -> str:
        """Leave out the secret, so that no log and no traceback holds it."""
        return f"ConnectSite(client_key={self.client_key!r})"


class SandboxJira:
    """Signs for any number of sites. No two of its callbacks are issued in the same second."""

    def __init__(self, app: App, keys: SandboxKeys, clock: Clock, random: Random) -> None:
        self.app = app
        self.keys = keys
        self._clock = clock
        self._random = random
        self._issued = 0
        self.forge = SandboxForge(app, keys, clock, random)

    def new_site(self, client_key: str | None = None) -> ConnectSite:
        """Return a site that has not installed the app yet, or forgot that it has."""
        return ConnectSite(client_key=client_key or self._word(), shared_secret=self._random(48).hex())

    def new_forge_site(self) -> ForgeSite:
        """Return a site that has installed the app through Forge; nobody has told the service yet."""
        return self.forge.new_site(BASE_URL)

    def swap_secret(self, site: ConnectSite) -> None:
        """Give a site a new secret, which it tells with its next installation."""
        site.shared_secret = self._random(48).hex()

    def installed(self, site: ConnectSite) -> Callback:
        """Return what tells of an installation, or a repeated one."""
        details = {
            "sharedSecret": site.shared_secret,
            "publicKey": self.keys.pem.decode(),
            "baseUrl": site.base_url,
            "productType": "jira",
            "description": "Atlassian Jira, played by the sandbox",
            "serverVersion": "100298",
            "pluginsVersion": "1001.0.0-SNAPSHOT",
            "displayUrl": site.base_url,
            "entitlementNumber": "E-1AB-2CD-3EF-4GH",
        }
        return self._signed_by_jira(site, ConnectEvent.INSTALLED, details)

    def uninstalled(self, site: ConnectSite) -> Callback:
        """Return what tells of a removal."""
        return self._signed_by_jira(site, ConnectEvent.UNINSTALLED, {"baseUrl": site.base_url})

    def enabled(self, site: ConnectSite) -> Callback:
        """Return what tells that the app is wanted again."""
        return self._signed_by_site(site, ConnectEvent.ENABLED)

    def disabled(self, site: ConnectSite) -> Callback:
        """Return what tells that the app is not wanted for now."""
        return self._signed_by_site(site, ConnectEvent.DISABLED)

    def context_token(self, site: ConnectSite, account: str) -> str:
        """Return the `Authorization` of a page's calls to the API."""
        claims = {
            **self._times(CONTEXT_LIFETIME),
            "iss": site.client_key,
            "sub": account,
            "qsh": qsh.CONTEXT,
            "context": {},
        }
        return f"JWT {jwt.encode(claims, site.shared_secret, HS256)}"

    def page_query(self, site: ConnectSite, account: str, path: str, query: str = "", method: str = "GET") -> str:
        """Return the raw query that Jira opens a page with."""
        signature = qsh.query_string_hash(method, path, query)
        claims = {**self._times(CALLBACK_LIFETIME), "iss": site.client_key, "sub": account, "qsh": signature}
        token = f"{qsh.TOKEN_PARAMETER}={jwt.encode(claims, site.shared_secret, HS256)}"
        return f"{query}&{token}" if query else token

    def signed(self, claims: Mapping[str, object], **header: str) -> str:
        """Return any claims signed with the install key, and its id unless `header` names another."""
        return jwt.encode(dict(claims), self.keys.private, RS256, headers={"kid": self.keys.key_id, **header})

    def _signed_by_jira(self, site: ConnectSite, event: ConnectEvent, details: Mapping[str, str]) -> Callback:
        claims = {**self._callback_claims(site, event), "aud": [self.app.base_url]}
        return Callback(f"/connect/{event}", f"JWT {self.signed(claims)}", self._body(site, event, details))

    def _signed_by_site(self, site: ConnectSite, event: ConnectEvent) -> Callback:
        token = jwt.encode(self._callback_claims(site, event), site.shared_secret, HS256)
        return Callback(f"/connect/{event}", f"JWT {token}", self._body(site, event, {"baseUrl": site.base_url}))

    def _callback_claims(self, site: ConnectSite, event: ConnectEvent) -> dict[str, Any]:
        signature = qsh.query_string_hash("POST", f"/connect/{event}", "")
        return {**self._callback_times(CALLBACK_LIFETIME), "iss": site.client_key, "qsh": signature}

    def _body(self, site: ConnectSite, event: ConnectEvent, details: Mapping[str, str]) -> bytes:
        return msgspec.json.encode({"key": self.app.key, "clientKey": site.client_key, "eventType": event, **details})

    def _times(self, lifetime: timedelta) -> dict[str, int]:
        return _times(self._clock(), lifetime)

    def _callback_times(self, lifetime: timedelta) -> dict[str, int]:
        """Real callbacks are seconds apart; these may be made at once, and have to be in order all the same."""
        times = self._times(lifetime)
        self._issued = times["iat"] = max(times["iat"], self._issued + 1)
        return times

    def _word(self) -> str:
        return self._random(16).hex()


def _times(now: datetime, lifetime: timedelta) -> dict[str, int]:
    return {"iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp())}
