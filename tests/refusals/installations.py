"""Installations that Jira has not signed for this request, or whose body says something else than the token."""

from collections.abc import Callable, Iterator

import msgspec

from entrypoints.http import qsh
from entrypoints.http.tokens import Reason, TokenRequest
from tests.fakes.jira import confused
from tests.refusals.scene import Attempt, Refusal, Route, Scene, by_secret, callback_claims, moment, sent


def installation_tokens() -> Iterator[Refusal]:
    """Yield tokens that do not install the app."""
    yield from _badly_signed()
    yield from _with_other_claims()
    yield from _on_other_ways()


def installation_bodies() -> Iterator[Refusal]:
    """Yield bodies that do not say what the token says, or what the app cannot believe; no token covers them."""

    def changed(name: str, reason: Reason, **members: object) -> Refusal:
        def attempt(scene: Scene) -> Attempt:
            callback = scene.jira.installed(scene.site)
            told: dict[str, object] = msgspec.json.decode(callback.body)
            return sent(callback, body=msgspec.json.encode({**told, **members}))

        return Refusal(f"installed: {name}", Route.INSTALLED, reason, attempt)

    def no_json(scene: Scene) -> Attempt:
        return sent(scene.jira.installed(scene.site), body=b"{")

    yield changed("another event", Reason.EVENT, eventType="uninstalled")
    yield changed("another app", Reason.EVENT, key="another")
    yield changed("another site", Reason.EVENT, clientKey="another")
    yield changed("a site that cannot be", Reason.EVENT, clientKey="a b")
    yield changed("a short secret", Reason.EVENT, sharedSecret="short")
    yield changed("no secret", Reason.EVENT, sharedSecret=None)
    for url in (
        "http://a.atlassian.net",
        "https://atlassian.net.example",
        "https://evil.example/.atlassian.net",
        "https://a.atlassian.net:8443",
        "https://a.atlassian.net@evil.example",
        "https://evilatlassian.net",
        "https://a.atlassian.net/?q",
        "https://a.atlassian.net; script-src *",
        "",
    ):
        yield changed(f"base URL {url!r}", Reason.SITE, baseUrl=url)
    yield Refusal("installed: no JSON", Route.INSTALLED, Reason.EVENT, no_json)


def _badly_signed() -> Iterator[Refusal]:
    async def out(scene: Scene) -> None:
        scene.source.out = ("https://",)

    async def no_key(scene: Scene) -> None:
        published = [url for url in scene.source.documents if url.endswith(scene.jira.keys.key_id)]
        scene.source.documents.update((url.replace(scene.jira.keys.key_id, "no-key"), b"no key") for url in published)

    def of_key(key_id: str) -> Callable[[Scene], str]:
        return lambda scene: scene.jira.signed(callback_claims(scene, "installed"), kid=key_id)

    def by_own_secret(scene: Scene) -> str:
        return by_secret(callback_claims(scene, "installed"), scene.site.shared_secret)

    def by_public_key(scene: Scene) -> str:
        return confused(callback_claims(scene, "installed"), scene.jira.keys.key_id, scene.jira.keys.private)

    yield _refused("HS256 with the site's own secret", Reason.KEY_ID, by_own_secret)
    yield _refused("HS256 with the public key", Reason.SIGNATURE, by_public_key)
    yield _refused("an unknown key", Reason.KEY_UNKNOWN, of_key("unknown"))
    for key_id in (
        "../../etc",
        "a/../b",
        "a/./b",
        "a//b",
        "/a",
        "a/",
        ".",
        "%2e%2e/b",
        "a%252fb",
        "a\\..\\b",
        "a\0",
        "",
    ):
        yield _refused(f"key id {key_id!r}", Reason.KEY_ID, of_key(key_id))
    yield _refused("a key id of 513 characters", Reason.KEY_ID, of_key("a" * 513))
    for key_id in ("issuer/name", "a?b", "a#b", "a b", "ünknown"):
        yield _refused(f"an unknown key {key_id!r}", Reason.KEY_UNKNOWN, of_key(key_id))
    yield _refused("the key servers are out", Reason.KEY_SERVER, of_key("not-seen-yet"))._replace(before=out)
    yield _refused("what is served is no key", Reason.KEY_UNKNOWN, of_key("no-key"))._replace(before=no_key)


def _with_other_claims() -> Iterator[Refusal]:
    def changed(name: str, reason: Reason, **claims: object) -> Refusal:
        return _refused(name, reason, lambda s: s.jira.signed(callback_claims(s, "installed", **claims)))

    def at(claim: str, offset: float) -> Callable[[Scene], str]:
        return lambda s: s.jira.signed(callback_claims(s, "installed", **{claim: moment(s, offset)}))

    yield _refused("expired", Reason.EXPIRED, at("exp", -30))
    yield _refused("not yet valid", Reason.EARLY, at("iat", 31))
    yield changed("a foreign audience", Reason.AUDIENCE, aud="https://another.example")
    yield changed("no audience", Reason.AUDIENCE, aud=None)
    yield changed("a foreign hash", Reason.REQUEST, qsh=qsh.query_string_hash("POST", "/", ""))
    yield changed("a page's hash", Reason.REQUEST, qsh=qsh.CONTEXT)
    yield changed("another site's token", Reason.EVENT, iss="another")
    yield _refused("a removal's token", Reason.REQUEST, lambda s: s.jira.signed(callback_claims(s, "uninstalled")))


def _on_other_ways() -> Iterator[Refusal]:
    def asked(scene: Scene, query: str = "", *authorization: str) -> Attempt:
        callback = scene.jira.installed(scene.site)
        return Attempt(TokenRequest("POST", callback.path, query, authorization), callback.body)

    def good(scene: Scene) -> str:
        return scene.jira.installed(scene.site).authorization

    route = Route.INSTALLED
    yield Refusal("installed: no token", route, Reason.MISSING, asked)
    yield Refusal("installed: a query unsigned", route, Reason.REQUEST, lambda s: asked(s, "a=b", good(s)))
    yield Refusal("installed: a token in the query", route, Reason.SEVERAL, lambda s: asked(s, "jwt=a.b.c", good(s)))
    yield Refusal(
        "installed: Forge's scheme", route, Reason.SCHEME, lambda s: asked(s, "", good(s).replace("JWT", "Bearer"))
    )


def _refused(name: str, reason: Reason, token: Callable[[Scene], str]) -> Refusal:
    return Refusal(
        f"installed: {name}",
        Route.INSTALLED,
        reason,
        lambda scene: sent(scene.jira.installed(scene.site), token=token(scene)),
    )
