"""What a request says of its caller, before anything of it is believed."""

import re
from enum import StrEnum
from http import HTTPStatus
from typing import Final, NamedTuple

import msgspec
from litestar.types import HTTPScope

from domain.ids import TenantId, UserId
from entrypoints.http.qsh import TOKEN_PARAMETER, parameters

TOKEN_LIMIT: Final = 48 * 1024
"""The longest token that is looked at, in characters: Forge puts up to 24 KiB of a page's context into one."""

CONNECT: Final = "jwt"
FORGE: Final = "bearer"

_BLANKS: Final = " \t"
"""Optional around the value of a field, and between a scheme and its token (RFC 9110, sections 5.5 and 11.4)."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class Reason(StrEnum):
    """Why a token was refused: for the audit log alone, the caller is never told."""

    MISSING = "token-missing"
    SEVERAL = "token-several"
    SCHEME = "token-scheme"
    TOO_LONG = "token-too-long"
    MALFORMED = "token-malformed"
    KEY_ID = "key-id-malformed"
    KEY_UNKNOWN = "key-unknown"
    KEY_SERVER = "key-server-out"
    SIGNATURE = "signature"
    CLAIMS = "claims-malformed"
    EXPIRED = "expired"
    EARLY = "not-yet-valid"
    AUDIENCE = "audience"
    ISSUER = "issuer"
    REQUEST = "query-string-hash"
    TENANT = "tenant-unknown"
    STATE = "tenant-not-served"
    ACCOUNT = "account-missing"
    KIND = "token-kind"
    ENVIRONMENT = "environment"
    REPLAYED = "replayed"
    EVENT = "event-mismatch"
    SITE = "site-not-allowed"
    SITE_UNCLEAR = "site-unclear"


_FORBIDDEN: Final = frozenset(
    {
        Reason.TENANT,
        Reason.STATE,
        Reason.ACCOUNT,
        Reason.KIND,
        Reason.EVENT,
        Reason.SITE,
        Reason.SITE_UNCLEAR,
    }
)
"""Why a caller is refused though its token verifies: another token would not help."""


class Refused(Exception):
    """A caller is not who it has to be; holds a fixed word and nothing of the token.

    The status is 401 where the token does not verify, which Forge takes for a failure of its own and repeats; 403 where
    it does and the tenant is unknown or not served, the token is of another kind than the route is for or names no one
    site, or the body says something else; 503 where the keys that would verify it cannot be fetched.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.status = _status(reason)


def _status(reason: Reason) -> HTTPStatus:
    if reason is Reason.KEY_SERVER:
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.FORBIDDEN if reason in _FORBIDDEN else HTTPStatus.UNAUTHORIZED


class Caller(msgspec.Struct, frozen=True):
    """Who a verified token speaks for."""

    tenant: TenantId
    user: UserId


class TokenRequest(NamedTuple):
    """The parts of a request that its token may be tied to, raw as received."""

    method: str
    path: str
    query: str
    authorization: tuple[str, ...]
    """Every `Authorization` field there is."""

    idempotency_key: str = ""
    """What the only `Idempotency-Key` field says; empty where there is none, or several."""

    @classmethod
    def of(cls, scope: HTTPScope) -> "TokenRequest":
        """Return the parts of an ASGI request."""
        keys = _values(scope, b"idempotency-key")
        return cls(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            _values(scope, b"authorization"),
            keys[0] if len(keys) == 1 else "",
        )


class Presented(NamedTuple):
    """A token of the right form, and the scheme that it came with in lower case."""

    scheme: str
    token: str


def header_token(request: TokenRequest, *schemes: str) -> Presented:
    """Return the only token of the request, from its header; raises Refused."""
    if not request.authorization:
        raise Refused(Reason.MISSING)
    if len(request.authorization) > 1 or _query_tokens(request):
        raise Refused(Reason.SEVERAL)
    scheme, _, token = request.authorization[0].strip(_BLANKS).partition(" ")
    if scheme.lower() not in schemes:
        raise Refused(Reason.SCHEME)
    return Presented(scheme.lower(), _well_formed(token.strip(_BLANKS)))


def query_token(request: TokenRequest) -> str:
    """Return the only token of the request, from its query; raises Refused."""
    tokens = _query_tokens(request)
    if not tokens:
        raise Refused(Reason.MISSING)
    if len(tokens) > 1 or request.authorization:
        raise Refused(Reason.SEVERAL)
    return _well_formed(tokens[0])


def _values(scope: HTTPScope, field: bytes) -> tuple[str, ...]:
    return tuple(value.decode("latin-1") for name, value in scope["headers"] if name == field)


def _query_tokens(request: TokenRequest) -> list[str]:
    return [value for name, value in parameters(request.query) if name == TOKEN_PARAMETER]


def _well_formed(token: str) -> str:
    if len(token) > TOKEN_LIMIT:
        raise Refused(Reason.TOO_LONG)
    if _TOKEN.fullmatch(token) is None:
        raise Refused(Reason.MALFORMED)
    return token
