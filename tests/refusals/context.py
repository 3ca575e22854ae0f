"""Tokens for the API that no page was given, and good ones of sites that are not served."""

from collections.abc import Iterator
from typing import Any

from entrypoints.http import qsh
from entrypoints.http.tokens import Reason
from tests.fakes.jira import unsigned
from tests.refusals.scene import STRANGE_SECRET, Attempt, Refusal, Route, Scene, api, by_secret, claims_of, moment


def context_tokens() -> Iterator[Refusal]:
    """Yield what a page's calls to the API must not come with."""
    yield from _badly_signed()
    yield from _out_of_time()
    yield from _with_other_claims()
    yield from _of_unserved_sites()


def _badly_signed() -> Iterator[Refusal]:
    def unsigned_one(scene: Scene) -> Attempt:
        return api(f"JWT {unsigned(claims_of(scene))}")

    def by_key(scene: Scene) -> Attempt:
        return api(f"JWT {scene.jira.signed(claims_of(scene))}")

    yield Refusal("alg none", Route.READ, Reason.SIGNATURE, unsigned_one)
    yield Refusal("RS256 where HS256 is due", Route.READ, Reason.SIGNATURE, by_key)
    yield Refusal("a foreign secret", Route.READ, Reason.SIGNATURE, lambda s: _signed(s, STRANGE_SECRET))


def _out_of_time() -> Iterator[Refusal]:
    yield Refusal("expired", Route.READ, Reason.EXPIRED, lambda s: _signed(s, exp=moment(s, -30)))
    yield Refusal("issued later", Route.READ, Reason.EARLY, lambda s: _signed(s, iat=moment(s, 31)))
    yield Refusal("not yet valid", Route.READ, Reason.EARLY, lambda s: _signed(s, nbf=moment(s, 31)))


def _with_other_claims() -> Iterator[Refusal]:
    def changed(name: str, reason: Reason, **claims: Any) -> Refusal:
        return Refusal(name, Route.READ, reason, lambda scene: _signed(scene, **claims))

    yield changed("a hash of this request", Reason.REQUEST, qsh=qsh.query_string_hash("GET", "/api/panoramas", ""))
    yield changed("almost the word", Reason.REQUEST, qsh="Context-qsh")
    yield changed("no hash", Reason.CLAIMS, qsh=None)
    yield changed("no expiry", Reason.CLAIMS, exp=None)
    yield changed("no time of issue", Reason.CLAIMS, iat=None)
    yield changed("an expiry beyond all time", Reason.CLAIMS, exp=10**30)
    yield changed("an expiry before all time", Reason.CLAIMS, exp=-1)
    yield changed("no issuer", Reason.CLAIMS, iss=None)
    yield changed("an issuer that no site can be", Reason.CLAIMS, iss="a/../b")
    yield changed("nobody's", Reason.ACCOUNT, sub=None)
    yield changed("an empty account", Reason.ACCOUNT, sub="")
    yield changed("an account without end", Reason.ACCOUNT, sub="a" * 129)


def _of_unserved_sites() -> Iterator[Refusal]:
    async def disabled(scene: Scene) -> None:
        await scene.told(scene.jira.disabled(scene.site))

    async def uninstalled(scene: Scene) -> None:
        await scene.told(scene.jira.uninstalled(scene.site))

    async def swapped(scene: Scene) -> None:
        scene.jira.swap_secret(scene.site)
        await scene.told(scene.jira.installed(scene.site))
        scene.time.go_on(seconds=60)

    def with_first_secret(scene: Scene) -> Attempt:
        return _signed(scene, scene.first_secret)

    yield Refusal("an unknown tenant", Route.READ, Reason.TENANT, lambda s: _signed(s, iss="nobody"))
    yield Refusal("a disabled tenant", Route.READ, Reason.STATE, _signed, disabled)
    yield Refusal("an uninstalled tenant", Route.READ, Reason.STATE, _signed, uninstalled)
    yield Refusal(
        "the previous secret a minute after",
        Route.READ,
        Reason.SIGNATURE,
        lambda s: _signed(s, s.first_secret),
        swapped,
    )


def _signed(scene: Scene, secret: str | None = None, /, **changed: Any) -> Attempt:
    return api(f"JWT {by_secret(claims_of(scene, **changed), secret or scene.site.shared_secret)}")
