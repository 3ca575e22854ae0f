"""The query-string hash of Atlassian Connect: what ties a signed token to one request.

Written from Atlassian's "Understanding JWT for Connect apps" and held to 78 URLs that Jira's own code signed.
"""

import hmac
from collections import defaultdict
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

CONTEXT: Final = "context-qsh"
"""Stands in place of the hash in tokens that are tied to a page's context and to no request."""

TOKEN_PARAMETER: Final = "jwt"  # noqa: S105 - the name of a parameter, which no hash includes
"""The parameter that carries the token itself."""


def matches(claimed: str, method: str, path: str, query: str, base_path: str = "") -> bool:
    """Whether `claimed` is the hash of the request; compared in constant time.

    `path` and `query` are raw, as received. Some products hash the path decoded once, so that is accepted too.
    """
    candidates = [path, unquote(path, errors="replace")] if "%" in path else [path]
    found = [query_string_hash(method, candidate, query, base_path) for candidate in candidates]
    return any(hmac.compare_digest(claimed.encode("utf-8", "replace"), hash_.encode()) for hash_ in found)


def query_string_hash(method: str, path: str, query: str, base_path: str = "") -> str:
    """Return the lower-case hex SHA-256 of the canonical request."""
    return sha256(canonical_request(method, path, query, base_path).encode("utf-8", "replace")).hexdigest()


def canonical_request(method: str, path: str, query: str, base_path: str = "") -> str:
    """Return `METHOD&PATH&QUERY`; `base_path` is the path part of the app's base URL and no part of PATH."""
    return f"{method.upper()}&{_canonical_path(path, base_path)}&{_canonical_query(query)}"


def parameters(query: str) -> list[tuple[str, str]]:
    """Return the names and values of a raw query in their order, form-decoded; what has no name is left out."""
    pairs = (part.partition("=") for part in query.split("&"))
    decoded = ((_form_decoded(name), _form_decoded(value)) for name, _, value in pairs)
    return [(name, value) for name, value in decoded if name]


def _canonical_path(path: str, base_path: str) -> str:
    base = base_path.rstrip("/")
    if base and (path == base or path.startswith(f"{base}/")):
        path = path[len(base) :]
    return (path.removesuffix("/") or "/").replace("&", "%26")


def _canonical_query(query: str) -> str:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in parameters(query):
        if name != TOKEN_PARAMETER:
            values[name].append(value)
    encoded = sorted((_encoded(name), sorted(found, key=_utf_16)) for name, found in values.items())
    return "&".join(f"{name}={','.join(map(_encoded, found))}" for name, found in encoded)


def _form_decoded(text: str) -> str:
    return unquote_plus(text, errors="replace")


def _encoded(text: str) -> str:
    """RFC 3986: everything but the unreserved characters, in upper-case hex."""
    return quote(text, safe="", errors="replace")


def _utf_16(text: str) -> bytes:
    """The order of Java's strings."""
    return text.encode("utf-16-be", "surrogatepass")
