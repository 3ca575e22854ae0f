"""Forge Invocation Tokens that are not in order."""

from collections.abc import Callable, Iterator
from typing import Any

import jwt

from entrypoints.http.tokens import Reason
from entrypoints.http.tokens.callbacks import ForgeEvent
from tests.fakes.jira import confused, sandbox_keys, unsigned
from tests.refusals.scene import INSTALLATION, Attempt, Refusal, Route, Scene, api, bare, moment


def forge_tokens() -> Iterator[Refusal]:
    """Yield what calls by way of Forge must not come with."""
    yield from _badly_signed()
    yield from _with_other_claims()
    yield from _of_unserved_installations()
    yield from _used_before()
    yield from _mistaken_for_another()


def forge_claims(scene: Scene, **changed: object) -> dict[str, Any]:
    """Return what a Forge token claims, with some claims changed; None leaves one out."""
    token = bare(scene.jira.invocation_token(INSTALLATION, "ann"))
    claims: dict[str, Any] = {**jwt.decode(token, options={"verify_signature": False}), **changed}
    return {name: value for name, value in claims.items() if value is not None}


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
        header = {"kid": scene.jira.keys.key_id}
        return jwt.encode(forge_claims(scene), sandbox_keys("stranger").private, "RS256", headers=header)

    yield refused("alg none", Reason.KEY_ID, lambda s: unsigned(forge_claims(s)))
    yield refused("alg none of a known key", Reason.SIGNATURE, lambda s: unsigned(forge_claims(s), s.jira.keys.key_id))
    yield refused("HS256 where RS256 is due", Reason.SIGNATURE, lambda s: confused(forge_claims(s), s.jira.keys))
    yield refused("an unknown key", Reason.KEY_UNKNOWN, lambda s: s.jira.signed(forge_claims(s), kid="unknown"))
    yield refused("a malformed key id", Reason.KEY_ID, lambda s: s.jira.signed(forge_claims(s), kid="../x"))
    yield refused("a foreign key", Reason.SIGNATURE, by_stranger)
    yield Refusal("Forge: the key server is out for a day", Route.READ, Reason.KEY_SERVER, _good, out)
    yield Refusal("Forge: the key server has had no set for a day", Route.READ, Reason.KEY_SERVER, _good, no_set)


def _with_other_claims() -> Iterator[Refusal]:
    def changed(name: str, reason: Reason, **claims: object) -> Refusal:
        return Refusal(f"Forge: {name}", Route.READ, reason, lambda s: _signed(s, **claims))

    for claim in ("iss", "aud", "exp", "iat", "nbf", "jti", "app"):
        yield changed(f"no {claim}", Reason.CLAIMS, **{claim: None})
    yield changed("a foreign audience", Reason.AUDIENCE, aud="ari:cloud:ecosystem::app/another")
    yield changed("foreign audiences", Reason.AUDIENCE, aud=["ari:cloud:ecosystem::app/another"])
    yield changed("a foreign issuer", Reason.ISSUER, iss="forge/another-token")
    yield changed("no installation", Reason.CLAIMS, app={"installationId": "a b"})
    yield changed("nobody's", Reason.ACCOUNT, principal=None)
    yield Refusal("Forge: expired", Route.READ, Reason.EXPIRED, lambda s: _signed(s, exp=moment(s, -30)))
    yield Refusal("Forge: not yet valid", Route.READ, Reason.EARLY, lambda s: _signed(s, nbf=moment(s, 31)))


def _of_unserved_installations() -> Iterator[Refusal]:
    async def uninstalled(scene: Scene) -> None:
        await scene.told(scene.jira.forge_event(INSTALLATION, ForgeEvent.UNINSTALLED))

    def unknown(scene: Scene) -> Attempt:
        return api(scene.jira.invocation_token("unknown", "ann"))

    yield Refusal("Forge: an unknown installation", Route.READ, Reason.TENANT, unknown)
    yield Refusal("Forge: an uninstalled one", Route.READ, Reason.STATE, _good, uninstalled)


def _used_before() -> Iterator[Refusal]:
    async def use(scene: Scene) -> None:
        await scene.read(f"Bearer {scene.jira.signed(forge_claims(scene, jti='used'))}")

    def again(scene: Scene, method: str = "GET") -> Attempt:
        return api(f"Bearer {scene.jira.signed(forge_claims(scene, jti='used'))}", method=method)

    yield Refusal("Forge: used before, to read", Route.READ, Reason.REPLAYED, again, use)
    yield Refusal("Forge: used before, to change", Route.CHANGE, Reason.REPLAYED, lambda s: again(s, "POST"), use)


def _mistaken_for_another() -> Iterator[Refusal]:
    def context_as_forge(scene: Scene) -> Attempt:
        return api(f"Bearer {bare(scene.jira.context_token(scene.site, 'ann'))}")

    def forge_as_context(scene: Scene) -> Attempt:
        return api(f"JWT {bare(scene.jira.invocation_token(INSTALLATION, 'ann'))}")

    yield Refusal("Forge: a page's token", Route.READ, Reason.KEY_ID, context_as_forge)
    yield Refusal("Forge: its token as a page's", Route.READ, Reason.CLAIMS, forge_as_context)


def _signed(scene: Scene, **changed: object) -> Attempt:
    return api(f"Bearer {scene.jira.signed(forge_claims(scene, **changed))}")


def _good(scene: Scene) -> Attempt:
    return _signed(scene)
