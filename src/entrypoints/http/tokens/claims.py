"""What tokens claim, by type; only ever believed after the signature."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec

from entrypoints.http.tokens.requests import Reason, Refused

LEEWAY: Final = timedelta(seconds=30)
"""How far Jira's clock and ours may be apart."""

Moment: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=100_000_000_000)]
"""Seconds since 1970."""

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
ClientKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,200}\Z")]
"""How a Jira site calls itself."""

C = TypeVar("C", bound=msgspec.Struct)


class Header(msgspec.Struct, frozen=True):
    """The part of a token that names its key."""

    kid: str = ""


class Issuer(msgspec.Struct, frozen=True):
    """The part of a token that says whose secret it was signed with."""

    iss: ClientKey


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What every token claims."""

    iss: Text
    iat: Moment
    exp: Moment
    nbf: Moment = 0.0

    @property
    def issued(self) -> datetime:
        """When the token was made."""
        return datetime.fromtimestamp(self.iat, UTC)

    @property
    def usable_until(self) -> datetime:
        """When the token is refused, the leeway included."""
        return datetime.fromtimestamp(self.exp, UTC) + LEEWAY


class ConnectClaims(Claims, frozen=True, kw_only=True):
    """What Jira claims of a Connect request."""

    qsh: Text
    aud: str | list[str] = ""
    sub: str | None = None
    """The account id of whoever sits before the page."""


def unverified(segment: str, type_: type[C]) -> C:
    """Return what a segment of a token says, to find the key that may verify it; raises Refused."""
    try:
        return decoded(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)), type_)
    except ValueError as exc:
        raise Refused(Reason.MALFORMED) from exc


def decoded(payload: bytes, type_: type[C]) -> C:
    """Return the claims of a payload; raises Refused."""
    try:
        return msgspec.json.decode(payload, type=type_)
    except (ValueError, RecursionError) as exc:
        raise Refused(Reason.CLAIMS) from exc


def check_times(claims: Claims, now: datetime) -> None:
    """Raise Refused unless the token is good at `now`."""
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if claims.exp + leeway <= seconds:
        raise Refused(Reason.EXPIRED)
    if max(claims.iat, claims.nbf) - leeway > seconds:
        raise Refused(Reason.EARLY)
