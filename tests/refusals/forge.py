"""Forge Invocation Tokens that are not in order."""

from collections.abc import Callable, Iterator
from typing import Any

import jwt

from entrypoints.http.tokens import Reason
from entrypoints.sandbox.calls import Callback
from tests.fakes.jira import confused, sandbox_keys, unsigned
from tests.refusals.scene import Attempt, Refusal, Route, Scene, api, bare, moment


def forge_tokens() -> Iterator[Refusal]:
    """Yield what calls by way of Forge must not come with."""
    yield from _badly_signed()
    yield from _with_other_claims()
    yield from _meant_for_others()
    yield from _of_no_page()
    yield from _of_ended_sites()
    yield from _used_before()
    yield from _mistaken_for_another()


def forge_claims(scene: Scene, **changed: object) -> dict[str, Any]:
    """Return what a page's token claims, with some claims changed; None leaves one out."""
    return _without_none({**_decoded(scene.jira.forge.page_token(scene.forge_site, "ann")), **changed})


def event_claims(scene: Scene, **changed: object) -> dict[str, Any]:
    """Return what an event's token claims, likewise."""
    return _without_none({**_decoded(scene.jira.forge.event_token(scene.forge_site)), **changed})


def app_claim(scene: Scene, **changed: object) -> dict[str, Any]:
    """Return what a page's token says of the app, likewise."""
    return _without_none({**forge_claims(scene)["app"], **changed})


def _badly_signed() -> Iterator[Refusal]:
    async def out(scene: Scene) -> None:
        scene.source.out = ("https://",)
        scene.time.go_on(hours=25)

    async def no_set(scene: Scene) -> None:
        scene.source.documents = dict.fromkeys(scene.source.documents, b"[")
        scene.time.go_on(hours=25)

    def refused(name: str, reason: Reason, token: Callable[[Scene], str]) -> Refusal:
        return Refusal(f"Forge: {name}", Route.READ, reason, lambda s: api(f"Bearer {token(s)}"))

    def by_stranger(scene: Scene) -> str:
        header = {"kid": scene.jira.keys.forge_key.id}
        return jwt.encode(forge_claims(scene), sandbox_keys("stranger").private, "RS256", headers=header)

    def by_install_key(scene: Scene) -> str:
        return scene.jira.signed(forge_claims(scene))

    def key_as_secret(scene: Scene) -> str:
        return confused(forge_claims(scene), *scene.jira.keys.forge_key)

    def of_known_key(scene: Scene) -> str:
        return unsigned(forge_claims(scene), scene.jira.keys.forge_key.id)

    def of_key(key_id: str) -> Callable[[Scene], str]:
        return lambda s: s.jira.forge.signed(forge_claims(s), kid=key_id)

    yield refused("alg none", Reason.KEY_ID, lambda s: unsigned(forge_claims(s)))
    yield refused("alg none of a known key", Reason.SIGNATURE, of_known_key)
    yield refused("HS256 where RS256 is due", Reason.SIGNATURE, key_as_secret)
    for key_id in ("unknown", "forge/invocation-token/wf-unknown", "../x", "a//b", "\0", "k" * 512):
        yield refused(f"an unknown key {key_id[:40]!r}", Reason.KEY_UNKNOWN, of_key(key_id))
    yield refused("a key id of 513 characters", Reason.KEY_ID, of_key("k" * 513))
    yield refused("a foreign key", Reason.SIGNATURE, by_stranger)
    yield refused("an install key of Connect", Reason.KEY_UNKNOWN, by_install_key)
    yield Refusal("Forge: the key server is out for a day", Route.READ, Reason.KEY_SERVER, _good, out)
    yield Refusal("Forge: the key server has had no set for a day", Route.READ, Reason.KEY_SERVER, _good, no_set)


def _with_other_claims() -> Iterator[Refusal]:
    for claim in ("iss", "aud", "exp", "iat", "nbf", "jti", "app"):
        yield _changed(f"no {claim}", Reason.CLAIMS, **{claim: None})
    for member in ("id", "installationId", "environment", "module"):
        yield _app_changed(f"no app.{member}", Reason.CLAIMS, **{member: None})
    yield _app_changed("an installation that cannot be", Reason.CLAIMS, installationId="a b")
    yield _app_changed("no site", Reason.SITE_UNCLEAR, **_NO_SITE)
    several = {"contexts": [{"name": "jira", "cloudId": f"{digit * 8}-0000-4000-8000-000000000000"} for digit in "12"]}
    yield _app_changed("several sites", Reason.SITE_UNCLEAR, installation=several, apiBaseUrl=None)
    elsewhere = {**_NO_SITE, "apiBaseUrl": "https://evil.example/ex/jira/11111111-1111-4111-8111-111111111111"}
    yield _app_changed("a site of another host", Reason.SITE_UNCLEAR, **elsewhere)
    yield Refusal("Forge: expired", Route.READ, Reason.EXPIRED, lambda s: _signed(s, exp=moment(s, -30)))
    yield Refusal("Forge: not yet valid", Route.READ, Reason.EARLY, lambda s: _signed(s, nbf=moment(s, 31)))


def _meant_for_others() -> Iterator[Refusal]:
    other = "ari:cloud:ecosystem::app/another"
    yield _changed("a foreign audience", Reason.AUDIENCE, aud=other)
    yield _changed("foreign audiences", Reason.AUDIENCE, aud=[other])
    yield _app_changed("another app's id", Reason.AUDIENCE, id=other)
    yield _changed("a foreign issuer", Reason.ISSUER, iss="forge/another-token")
    yield _changed("an isolated cloud", Reason.ENVIRONMENT, icLabel="ic-1")
    for environment in ("DEVELOPMENT", "STAGING", "production", "SOMETHING"):
        yield _app_changed(f"{environment}", Reason.ENVIRONMENT, environment={"type": environment, "id": "e"})
    strange = {"id": "ari:cloud:ecosystem::installation/another", "contexts": []}
    yield _app_changed("another installation's contexts", Reason.ISSUER, installation=strange)
    yield _changed("a page of another installation", Reason.ISSUER, context={"installationId": "another"})


def _of_no_page() -> Iterator[Refusal]:
    """A token of an event at the API, and all that is between an event's and a page's."""
    module = {"type": "core:endpoint", "key": "panorama-events"}
    yield _changed("no user", Reason.KIND, principal=None)
    yield _changed("no context", Reason.KIND, context=None)
    yield _app_changed("an endpoint's module", Reason.KIND, module=module)
    yield _changed("an empty account", Reason.ACCOUNT, principal="")
    yield _changed("an account without end", Reason.ACCOUNT, principal="a" * 129)
    yield Refusal("Forge: an event's token", Route.READ, Reason.KIND, _event)
    yield Refusal("Forge: an event's token, to change", Route.CHANGE, Reason.KIND, lambda s: _event(s, "POST"))


def _of_ended_sites() -> Iterator[Refusal]:
    async def end(scene: Scene) -> None:
        await scene.end()

    yield Refusal("Forge: an ended use", Route.READ, Reason.STATE, _good, end)
    yield Refusal("Forge: an ended use, to change", Route.CHANGE, Reason.STATE, _signed_change, end)


def _used_before() -> Iterator[Refusal]:
    """Whatever a token has changed, it changes nothing else."""

    def used(scene: Scene) -> str:
        return scene.jira.forge.bearer(forge_claims(scene, jti="used"))

    def used_event(scene: Scene) -> str:
        return scene.jira.forge.bearer(event_claims(scene, jti="used"))

    async def change(scene: Scene) -> None:
        await scene.change(used(scene))

    async def keyed_change(scene: Scene) -> None:
        await scene.change(used(scene), "one")

    async def event(scene: Scene) -> None:
        await scene.told(Callback("/forge/lifecycle", used_event(scene), b"{}"))

    def again(scene: Scene, key: str = "") -> Attempt:
        return api(used(scene), method="POST", key=key)

    route, reason = Route.CHANGE, Reason.REPLAYED
    yield Refusal("Forge: used to change", route, reason, again, change)
    yield Refusal("Forge: used to change, now with a key", route, reason, lambda s: again(s, "one"), change)
    yield Refusal("Forge: used to change, no key any more", route, reason, again, keyed_change)
    yield Refusal("Forge: used to change, another key", route, reason, lambda s: again(s, "two"), keyed_change)
    yield Refusal("Forge: used for an event", route, reason, again, event)


def _mistaken_for_another() -> Iterator[Refusal]:
    def context_as_forge(scene: Scene) -> Attempt:
        return api(f"Bearer {bare(scene.jira.context_token(scene.site, 'ann'))}")

    def forge_as_context(scene: Scene) -> Attempt:
        return api(f"JWT {bare(scene.jira.forge.page_token(scene.forge_site, 'ann'))}")

    yield Refusal("Forge: a page's token", Route.READ, Reason.KEY_ID, context_as_forge)
    yield Refusal("Forge: its token as a page's", Route.READ, Reason.CLAIMS, forge_as_context)


_NO_SITE: dict[str, Any] = {"installation": None, "apiBaseUrl": None}


def _changed(name: str, reason: Reason, **claims: object) -> Refusal:
    return Refusal(f"Forge: {name}", Route.READ, reason, lambda s: _signed(s, **claims))


def _app_changed(name: str, reason: Reason, **members: object) -> Refusal:
    """Its context names no site, so that the app's own members have to."""

    def attempt(scene: Scene) -> Attempt:
        return _signed(scene, app=app_claim(scene, **members), context={"siteUrl": scene.forge_site.url})

    return Refusal(f"Forge: {name}", Route.READ, reason, attempt)


def _signed(scene: Scene, **changed: object) -> Attempt:
    return api(scene.jira.forge.bearer(forge_claims(scene, **changed)))


def _signed_change(scene: Scene) -> Attempt:
    return api(scene.jira.forge.bearer(forge_claims(scene)), method="POST")


def _event(scene: Scene, method: str = "GET") -> Attempt:
    return api(scene.jira.forge.event_token(scene.forge_site), method=method)


def _good(scene: Scene) -> Attempt:
    return _signed(scene)


def _decoded(authorization: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(bare(authorization), options={"verify_signature": False})
    return claims


def _without_none(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}
