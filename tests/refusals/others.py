"""Removals, switches, Forge's events and pages that are not in order."""

from collections.abc import Iterator

import msgspec

from entrypoints.http import qsh
from entrypoints.http.tokens import Reason, TokenRequest
from entrypoints.http.tokens.callbacks import ForgeEvent
from entrypoints.sandbox.jira import Callback
from tests.refusals.forge import forge_claims
from tests.refusals.scene import (
    INSTALLATION,
    STRANGE_SECRET,
    Attempt,
    Refusal,
    Route,
    Scene,
    bare,
    by_secret,
    callback_claims,
    claims_of,
    sent,
)

_PAGE = "/panoramas"


def switches() -> Iterator[Refusal]:
    """Yield removals, enablings and disablings."""

    def removed_by_secret(scene: Scene) -> Attempt:
        token = by_secret(callback_claims(scene, "uninstalled"), scene.site.shared_secret)
        return sent(scene.jira.uninstalled(scene.site), token=token)

    def removed_by_page(scene: Scene) -> Attempt:
        token = scene.jira.signed(callback_claims(scene, "uninstalled", qsh=qsh.CONTEXT))
        return sent(scene.jira.uninstalled(scene.site), token=token)

    def enabled(scene: Scene, secret: str | None = None, **changed: object) -> Attempt:
        token = by_secret(callback_claims(scene, "enabled", **changed), secret or scene.site.shared_secret)
        return sent(scene.jira.enabled(scene.site), token=token)

    def enabled_by_key(scene: Scene) -> Attempt:
        return sent(scene.jira.enabled(scene.site), token=scene.jira.signed(callback_claims(scene, "enabled")))

    def disabled(scene: Scene, token: str | None = None, body: bytes | None = None) -> Attempt:
        return sent(scene.jira.disabled(scene.site), token=token, body=body)

    yield Refusal("uninstalled: by the site's secret", Route.UNINSTALLED, Reason.KEY_ID, removed_by_secret)
    yield Refusal("uninstalled: a page's hash", Route.UNINSTALLED, Reason.REQUEST, removed_by_page)
    yield Refusal("enabled: RS256 where HS256 is due", Route.ENABLED, Reason.SIGNATURE, enabled_by_key)
    yield Refusal("enabled: a foreign secret", Route.ENABLED, Reason.SIGNATURE, lambda s: enabled(s, STRANGE_SECRET))
    yield Refusal("enabled: a page's hash", Route.ENABLED, Reason.REQUEST, lambda s: enabled(s, qsh=qsh.CONTEXT))
    yield Refusal("enabled: an unknown tenant", Route.ENABLED, Reason.TENANT, lambda s: enabled(s, iss="nobody"))
    yield Refusal(
        "disabled: an enabling's token",
        Route.DISABLED,
        Reason.REQUEST,
        lambda s: disabled(s, bare(s.jira.enabled(s.site).authorization)),
    )
    yield Refusal(
        "disabled: an enabling's body",
        Route.DISABLED,
        Reason.EVENT,
        lambda s: disabled(s, body=s.jira.enabled(s.site).body),
    )


def events() -> Iterator[Refusal]:
    """Yield events of a Forge app's life."""

    def told(scene: Scene, authorization: str | None = None, **changed: object) -> Attempt:
        callback = scene.jira.forge_event(INSTALLATION, ForgeEvent.UNINSTALLED)
        body: dict[str, object] = msgspec.json.decode(callback.body)
        request = TokenRequest("POST", callback.path, "", (authorization or callback.authorization,))
        return Attempt(request, msgspec.json.encode({**body, **changed}))

    def used_token(scene: Scene) -> str:
        return f"Bearer {scene.jira.signed(forge_claims(scene, jti='used'))}"

    async def use(scene: Scene) -> None:
        upgraded = scene.jira.forge_event(INSTALLATION, ForgeEvent.UPGRADED)
        await scene.told(Callback(upgraded.path, used_token(scene), upgraded.body))

    def page_token(scene: Scene) -> str:
        return scene.jira.context_token(scene.site, "ann")

    forge = Route.FORGE
    yield Refusal("event: another installation's", forge, Reason.ISSUER, lambda s: told(s, id="another"))
    yield Refusal("event: none there is", forge, Reason.EVENT, lambda s: told(s, eventType="avi:forge:eaten:app"))
    yield Refusal("event: a page's token", forge, Reason.SCHEME, lambda s: told(s, page_token(s)))
    yield Refusal("event: another one's token", forge, Reason.REPLAYED, lambda s: told(s, used_token(s)), use)


def pages() -> Iterator[Refusal]:
    """Yield ways into the page that Jira did not open."""

    async def disabled(scene: Scene) -> None:
        await scene.told(scene.jira.disabled(scene.site))

    def signed(scene: Scene, path: str = _PAGE) -> str:
        return scene.jira.page_query(scene.site, "ann", path, "lic=active")

    def context(scene: Scene) -> str:
        return scene.jira.context_token(scene.site, "ann")

    def strange(scene: Scene) -> Attempt:
        claims = claims_of(scene, qsh=qsh.query_string_hash("GET", _PAGE, ""))
        return _opened(f"jwt={by_secret(claims, STRANGE_SECRET)}")

    page = Route.PAGE
    yield Refusal("page: no token", page, Reason.MISSING, lambda _: _opened("lic=active"))
    yield Refusal("page: a token in the header", page, Reason.MISSING, lambda s: _opened("", context(s)))
    yield Refusal("page: a token in the header too", page, Reason.SEVERAL, lambda s: _opened(signed(s), context(s)))
    yield Refusal("page: two tokens", page, Reason.SEVERAL, lambda s: _opened(f"{signed(s)}&jwt=a.b.c"))
    yield Refusal("page: another path", page, Reason.REQUEST, lambda s: _opened(signed(s, "/other")))
    yield Refusal("page: another query", page, Reason.REQUEST, lambda s: _opened(f"{signed(s)}&a=b"))
    yield Refusal("page: the API's token", page, Reason.REQUEST, lambda s: _opened(f"jwt={bare(context(s))}"))
    yield Refusal("page: a foreign secret", page, Reason.SIGNATURE, strange)
    yield Refusal("page: padding", page, Reason.MALFORMED, lambda s: _opened(f"{signed(s)}%3D"))
    yield Refusal("page: a disabled tenant", page, Reason.STATE, lambda s: _opened(signed(s)), disabled)


def _opened(query: str, *authorization: str) -> Attempt:
    return Attempt(TokenRequest("GET", _PAGE, query, authorization))
