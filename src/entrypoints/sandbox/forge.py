"""Forge as it calls a remote service: for pages that users open, for events of the app's life, and by its timer.

Nothing is easier than with the real one: key ids hold slashes, claims are all there and large where wanted, only a
page's token names a user, each event has a token of its own, and a repeated one another than the first.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import jwt
import msgspec

from entrypoints.http.tokens.forge_claims import API_BASE, ENDPOINT, ISSUER
from entrypoints.http.tokens.forge_events import ForgeEvent
from entrypoints.http.tokens.signatures import RS256
from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.keys import SandboxKeys
from ports.sources import Clock, Random

INVOCATION_LIFETIME: Final = timedelta(seconds=25)
LARGE_CONTEXT: Final = 24 * 1024
"""The largest context of a page in bytes, as far as is known."""

PAGE: Final = "jira:globalPage"

_OPAQUE: Final = 1_500
"""How many bytes an OAuth token is made of."""


class ForgeSite(msgspec.Struct, kw_only=True):
    """A Jira site that the app is installed on through Forge; a re-installation gives it another installation id."""

    cloud_id: str
    installation: str
    """The bare id, which tokens give as a resource name (ARI)."""

    url: str
    environment: str = "PRODUCTION"
    app_version: str = "2.1.0"
    licensed: bool = True


class SandboxForge:
    """Signs and words the calls for any number of sites."""

    def __init__(self, app: App, keys: SandboxKeys, clock: Clock, random: Random) -> None:
        self.app = app
        self.keys = keys
        self._clock = clock
        self._random = random

    def new_site(self, url: str) -> ForgeSite:
        """Return a site on which the app has just been installed; the service has not heard of it yet."""
        return ForgeSite(cloud_id=self._uuid(), installation=self._uuid(), url=url)

    def reinstall(self, site: ForgeSite) -> None:
        """Remove the app and install it again, which changes the installation and not the site."""
        site.installation = self._uuid()

    def page_token(self, site: ForgeSite, account: str | None, *, context_size: int = 0, **changed: object) -> str:
        """Return the `Authorization` of a call by a page; `changed` claims stand in for its own."""
        app = {**self.app_claim(site), "module": {"type": PAGE, "key": "panorama-global"}}
        own = {**self._claims(), "app": app, "context": _context(app, site, context_size)}
        return self.bearer({**own, **({} if account is None else {"principal": account}), **changed})

    def page_headers(self, site: ForgeSite, account: str, *, context_size: int = 0) -> dict[str, str]:
        """Return every header that Forge adds to a call by a page."""
        own = {"Authorization": self.page_token(site, account, context_size=context_size)}
        return {**own, **self._trace(), "x-forge-oauth-system": self._opaque(), "x-forge-oauth-user": self._opaque()}

    def event_token(self, site: ForgeSite, **changed: object) -> str:
        """Return the `Authorization` of an event."""
        app = {**self.app_claim(site), "module": {"type": ENDPOINT, "key": "panorama-events"}}
        return self.bearer({**self._claims(), "app": app, **changed})

    def installed(self, site: ForgeSite) -> Callback:
        """Return what tells of an installation."""
        return self._lifecycle(site, ForgeEvent.INSTALLED, {"installerAccountId": f"712020:{self._uuid()}"})

    def upgraded(self, site: ForgeSite) -> Callback:
        """Return what tells that the site has consented to another major version."""
        return self._lifecycle(site, ForgeEvent.UPGRADED, {"upgraderAccountId": f"712020:{self._uuid()}"})

    def hourly(self, site: ForgeSite, path: str = "/forge/hourly") -> Callback:
        """Return the call of the timer."""
        context = {"cloudId": site.cloud_id, "moduleKey": "hourly"}
        return self._event(site, path, {"context": context, "contextToken": self._opaque()})

    def pre_uninstall(self, site: ForgeSite) -> Callback:
        """Return what tells, if all goes well, that the app is about to be removed."""
        context = {"cloudId": site.cloud_id, "moduleKey": "bye"}
        return self._event(site, "/forge/pre-uninstall", {"context": context, "contextToken": self._opaque()})

    def repeated(self, site: ForgeSite, callback: Callback, count: int = 1) -> Callback:
        """Return the event again, as it comes a minute after an answer that Forge did not like: with a new token."""
        retry = {"retryData": None, "retryCount": count, "retryReason": "TIMEOUT_ERROR"}
        return self._event(
            site, callback.path, {"payload": {**msgspec.json.decode(callback.body), "retryContext": retry}}
        )

    def app_claim(self, site: ForgeSite) -> dict[str, Any]:
        """Return what a token says of the app and its installation, but for the module that calls."""
        installation = f"ari:cloud:ecosystem::installation/{site.installation}"
        api = f"{API_BASE}{site.cloud_id}"
        jira = {"name": "jira", "apiBaseUrl": api, "cloudId": site.cloud_id}
        told = {
            "id": self.app.forge_app,
            "version": site.app_version,
            "appVersion": site.app_version,
            "installationId": installation,
            "apiBaseUrl": api,
            "installation": {"id": installation, "contexts": [jira]},
            "environment": {"type": site.environment, "id": self._environment(site)},
        }
        return {**told, "license": _license()} if site.licensed else told

    def bearer(self, claims: Mapping[str, object], **header: str) -> str:
        """Return the `Authorization` with any claims, those without a value left out."""
        return f"Bearer {self.signed(claims, **header)}"

    def signed(self, claims: Mapping[str, object], **header: str) -> str:
        """Return any claims signed with Forge's key, under its id unless `header` names another."""
        stated = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(stated, self.keys.forge_key.private, RS256, headers={"kid": self.keys.forge_key.id, **header})

    def _lifecycle(self, site: ForgeSite, event: ForgeEvent, details: Mapping[str, str]) -> Callback:
        app = {"id": self.app.forge_app, "version": site.app_version, "name": "Panorama", "ownerAccountId": "712020:x"}
        about = {"id": f"ari:cloud:ecosystem::installation/{site.installation}", "app": app, "eventType": event}
        place = {"context": f"ari:cloud:jira::site/{site.cloud_id}", "environment": {"id": self._environment(site)}}
        return self._event(site, "/forge/lifecycle", {**about, **place, **details})

    def _event(self, site: ForgeSite, path: str, body: Mapping[str, object]) -> Callback:
        headers = {**self._trace(), "x-forge-oauth-system": self._opaque()}
        return Callback(path, self.event_token(site), msgspec.json.encode(body), headers)

    def _claims(self) -> dict[str, Any]:
        now = int(self._clock().timestamp())
        times = {"iat": now, "nbf": now, "exp": now + int(INVOCATION_LIFETIME.total_seconds())}
        return {**times, "iss": ISSUER, "aud": self.app.forge_app, "jti": self._uuid()}

    def _environment(self, site: ForgeSite) -> str:
        app = self.app.forge_app.rpartition("/")[2]
        return f"ari:cloud:ecosystem::environment/{app}/{site.environment.lower()}"

    def _trace(self) -> dict[str, str]:
        return {"x-b3-traceid": self._random(16).hex(), "x-b3-spanid": self._random(8).hex()}

    def _opaque(self) -> str:
        return urlsafe_b64encode(self._random(_OPAQUE)).decode()

    def _uuid(self) -> str:
        return str(UUID(bytes=self._random(16), version=4))


def _license() -> dict[str, object]:
    return {
        "active": True,
        "billingPeriod": "MONTHLY",
        "capabilitySet": "capabilityStandard",
        "ccpEntitlementId": "0b6c4f0e-2a5d-4e7e-9d3b-7f1c52a8e0aa",
        "ccpEntitlementSlug": "E-1AB-2CD-3EF-4GH",
        "isEvaluation": False,
        "subscriptionEndDate": "2027-11-30T00:00:00.000Z",
        "supportEntitlementNumber": None,
        "trialEndDate": None,
        "type": "COMMERCIAL",
    }


def _context(app: Mapping[str, Any], site: ForgeSite, size: int) -> dict[str, Any]:
    """Return where a page was opened; an extension of the page fills it up to a size in bytes."""
    extension = {"type": PAGE, "location": f"{site.url}/jira/apps/panorama"}
    context = {
        "localId": f"{app['environment']['id'].replace('environment', 'extension')}/static/panorama-global",
        "cloudId": site.cloud_id,
        "moduleKey": "panorama-global",
        "siteUrl": site.url,
        "environmentId": app["environment"]["id"].rpartition("/")[2],
        "environmentType": site.environment,
        "extension": extension,
    }
    extension["filler"] = "x" * (size - len(msgspec.json.encode(context)))
    return context
