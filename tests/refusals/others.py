"""Removals, switches, Forge's events and pages that are not in order."""

from collections.abc import Iterator

from entrypoints.http import qsh
from entrypoints.http.tokens import Reason, TokenRequest
from entrypoints.sandbox.calls import Callback
from tests.refusals.forge import event_claims, forge_claims
from tests.refusals.scene import (
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
    """Yield events of Forge that are none, or that have been told before with the same token."""

    def told(scene: Scene, authorization: str, body: bytes = b"{}") -> Attempt:
        return Attempt(TokenRequest("POST", "/forge/lifecycle", "", (authorization,)), body)

    def signed(scene: Scene, **changed: object) -> Attempt:
        return told(scene, scene.jira.forge.bearer(event_claims(scene, **changed)))

    def of_page(scene: Scene) -> Attempt:
        return told(scene, scene.jira.forge.page_token(scene.forge_site, "ann"))

    def of_context(scene: Scene) -> Attempt:
        return told(scene, scene.jira.context_token(scene.site, "ann"))

    def of_page_module(scene: Scene) -> Attempt:
        app = event_claims(scene)["app"]
        return signed(scene, app={**app, "module": {"type": "jira:globalPage", "key": "panorama-global"}})

    def used(scene: Scene) -> Attempt:
        return signed(scene, jti="used")

    async def use(scene: Scene) -> None:
        token = scene.jira.forge.bearer(event_claims(scene, jti="used"))
        await scene.told(Callback("/forge/lifecycle", token, b'{"another": "event"}'))

    async def change(scene: Scene) -> None:
        await scene.change(scene.jira.forge.bearer(forge_claims(scene, jti="used")))

    async def end(scene: Scene) -> None:
        await scene.end()

    forge = Route.FORGE
    yield Refusal("event: a page's token", forge, Reason.KIND, of_page)
    yield Refusal("event: a user", forge, Reason.KIND, lambda s: signed(s, principal="ann"))
    yield Refusal(
        "event: a page's context", forge, Reason.KIND, lambda s: signed(s, context={"siteUrl": "https://a.b"})
    )
    yield Refusal("event: no site", forge, Reason.SITE_UNCLEAR, lambda s: signed(s, app=_app_of_no_site(s)))
    yield Refusal("event: a page's module", forge, Reason.KIND, of_page_module)
    yield Refusal("event: a page's token of Connect", forge, Reason.SCHEME, of_context)
    yield Refusal("event: another one's token", forge, Reason.REPLAYED, used, use)
    yield Refusal("event: a token that has changed something", forge, Reason.REPLAYED, used, change)
    yield Refusal("event: an ended use", forge, Reason.STATE, signed, end)


def _app_of_no_site(scene: Scene) -> dict[str, object]:
    return {**event_claims(scene)["app"], "installation": None, "apiBaseUrl": None}


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
