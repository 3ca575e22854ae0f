"""What is refused before anything in a token is believed."""

from collections.abc import Callable, Iterator

import jwt

from entrypoints.http.tokens import Reason
from tests.refusals.scene import Attempt, Refusal, Route, Scene, api, bare


def forms() -> Iterator[Refusal]:
    """Yield requests with no token, with too many, and with what is no token."""

    def refused(name: str, reason: Reason, attempt: Callable[[Scene], Attempt]) -> Refusal:
        return Refusal(name, Route.READ, reason, attempt)

    yield refused("no token", Reason.MISSING, lambda _: api())
    yield refused("an empty header", Reason.SCHEME, lambda _: api(""))
    yield refused("only a scheme", Reason.MALFORMED, lambda _: api("JWT"))
    yield refused("two headers", Reason.SEVERAL, lambda s: api(_good(s), _good(s)))
    yield refused("two tokens in one header", Reason.MALFORMED, lambda s: api(f"{_good(s)}, {_good(s)}"))
    yield refused("a token in the query only", Reason.MISSING, lambda s: api(query=f"jwt={bare(_good(s))}"))
    yield refused("a token in the query too", Reason.SEVERAL, lambda s: api(_good(s), query=f"jwt={bare(_good(s))}"))
    yield refused("an encoded name in the query", Reason.SEVERAL, lambda s: api(_good(s), query="a=b&%6Awt=a.b.c"))
    yield refused("a foreign scheme", Reason.SCHEME, lambda s: api(f"Basic {bare(_good(s))}"))
    yield refused("no scheme", Reason.SCHEME, lambda s: api(bare(_good(s))))
    yield refused("padding", Reason.MALFORMED, lambda s: api(f"{_good(s)}="))
    yield refused("plain base64", Reason.MALFORMED, lambda s: api(f"{_good(s)[:-2]}+/"))
    yield refused("a letter beyond ASCII", Reason.MALFORMED, lambda s: api(f"{_good(s)}\u00e9"))
    yield refused("two segments", Reason.MALFORMED, lambda s: api(_good(s).rpartition(".")[0]))
    yield refused("four segments", Reason.MALFORMED, lambda s: api(f"{_good(s)}.AA"))
    yield refused("segments of no bytes", Reason.MALFORMED, lambda _: api("JWT A.A.A"))
    yield refused("segments of no JSON", Reason.CLAIMS, lambda _: api("JWT AAAA.AAAA.AAAA"))
    yield refused("deep nesting", Reason.CLAIMS, lambda _: api(f"JWT {_nested()}.{_nested()}.AA"))
    yield refused("64 KiB of token", Reason.TOO_LONG, lambda _: api(f"JWT AAAA.AAAA.{'A' * 65_536}"))


def _good(scene: Scene) -> str:
    return scene.jira.context_token(scene.site, "ann")


def _nested() -> str:
    return jwt.utils.base64url_encode(b'{"iss":' + b"[" * 5_000).decode()
