"""The bodies of Jira's callbacks, and what in them must agree with the token that came along.

No token covers a body, so a body is believed only where it says what the token says; members not named here are
Jira's own business.
"""

from enum import StrEnum
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from domain.tenants import Installation, Site
from entrypoints.http.tokens.claims import ClientKey, ConnectClaims
from entrypoints.http.tokens.connect import connect_alias
from entrypoints.http.tokens.requests import Reason, Refused
from entrypoints.token_settings import TokenSettings

Secret: TypeAlias = Annotated[str, msgspec.Meta(min_length=32, max_length=1024)]
"""HS256 wants a key of 256 bits (RFC 7518, section 3.2)."""

Long: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]


class ConnectEvent(StrEnum):
    """What happens to a Connect app on a site."""

    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    ENABLED = "enabled"
    DISABLED = "disabled"


class ConnectBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What every callback of Connect says."""

    key: str
    client_key: ClientKey
    event_type: str


class InstalledBody(ConnectBody, frozen=True, rename="camel", kw_only=True):
    """What Jira says when the app is installed."""

    shared_secret: Secret
    base_url: Long
    public_key: Long | None = None
    product_type: Long | None = None
    description: Long | None = None


B = TypeVar("B", bound=msgspec.Struct)


def installed(body: bytes, claims: ConnectClaims, settings: TokenSettings) -> Installation:
    """Return the installation that a callback tells of; raises Refused where body and token disagree."""
    told = _decoded(body, InstalledBody)
    _check(told, claims, ConnectEvent.INSTALLED, settings)
    if not settings.is_site(told.base_url):
        raise Refused(Reason.SITE)
    return Installation(
        alias=connect_alias(told.client_key),
        issued=claims.issued,
        site=Site(told.base_url, told.product_type or "", told.description or "", told.public_key or ""),
        secret=told.shared_secret,
    )


def named_site(body: bytes, claims: ConnectClaims, event: ConnectEvent, settings: TokenSettings) -> str:
    """Return the alias of the site that a callback of another kind tells of; raises Refused likewise."""
    told = _decoded(body, ConnectBody)
    _check(told, claims, event, settings)
    return connect_alias(told.client_key)


def _check(told: ConnectBody, claims: ConnectClaims, event: ConnectEvent, settings: TokenSettings) -> None:
    if told.client_key != claims.iss or told.event_type != event or told.key != settings.app_key:
        raise Refused(Reason.EVENT)


def _decoded(body: bytes, type_: type[B]) -> B:
    try:
        return msgspec.json.decode(body, type=type_)
    except (ValueError, RecursionError) as exc:
        raise Refused(Reason.EVENT) from exc
