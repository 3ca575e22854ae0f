"""What a Forge Invocation Token claims, and which installation, site and kind of call it speaks for.

Only what is looked at is declared. Members of the rest, and members that a release of Forge adds, are let be; a member
that decides nothing may have any type.
"""

import re
from enum import Enum
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from domain.forge import ForgeCall
from domain.tenants import Site
from entrypoints.http.tokens.claims import Claims, Moment, Text
from entrypoints.http.tokens.requests import Reason, Refused
from entrypoints.token_settings import TokenSettings

ISSUER: Final = "forge/invocation-token"
"""Who issues the tokens."""

ENDPOINT: Final = "core:endpoint"
"""The type of the module that an event is for; a page has the type of its own module."""

JIRA: Final = "jira"
"""The name of the context that a Jira site has within an installation, and its product type."""

API_BASE: Final = "https://api.atlassian.com/ex/jira/"
"""What precedes the cloud id in the address of a site's REST API. No other host tells a cloud id."""

_INSTALLATION: Final = "ari:cloud:ecosystem::installation/"
_CLOUD_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")

InstallationId: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=rf"^({re.escape(_INSTALLATION)})?[A-Za-z0-9_.-]{{1,200}}\Z")
]
"""Bare, or as a resource name. No colon is in the bare id: it must not read as the name of a Jira site."""


class Kind(Enum):
    """What makes Forge call: only the platform itself can cause an event, and every user of a site a page's call."""

    PAGE = "page"
    EVENT = "event"


class Environment(msgspec.Struct, frozen=True):
    """In which environment the app is installed."""

    type: Text


class Module(msgspec.Struct, frozen=True):
    """Which module of the app calls."""

    type: Text


class ProductContext(msgspec.Struct, frozen=True, rename="camel"):
    """One product of a site that the app is installed in."""

    name: Any = None
    cloud_id: Any = None
    api_base_url: Any = None


class Installation(msgspec.Struct, frozen=True):
    """The installation and the products of its site."""

    id: InstallationId | None = None
    contexts: list[ProductContext] = []


class ForgeApp(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the token says of the app."""

    id: Text
    installation_id: InstallationId
    environment: Environment
    module: Module
    api_base_url: Any = None
    installation: Installation | None = None
    app_version: Any = None
    version: Any = None
    license: Any = None


class ForgeContext(msgspec.Struct, frozen=True, rename="camel"):
    """Where on the site a page was opened."""

    cloud_id: Any = None
    site_url: Any = None
    installation_id: InstallationId | None = None


class ForgeClaims(Claims, frozen=True, kw_only=True):
    """What Forge claims of an invocation."""

    nbf: Moment
    jti: Text
    aud: str | list[str]
    app: ForgeApp
    context: ForgeContext | None = None
    principal: str | None = None
    """The account id of the user who opened the page; None for events."""

    ic_label: str | None = msgspec.field(default=None, name="icLabel")
    """The isolated cloud that the call comes from; None for the public one."""


def check_meant(claims: ForgeClaims, settings: TokenSettings) -> None:
    """Raise Refused unless the token is meant for this app and this deployment, and speaks of one installation."""
    if claims.iss != ISSUER:
        raise Refused(Reason.ISSUER)
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if settings.forge_app is None or settings.forge_app not in audience or claims.app.id != settings.forge_app:
        raise Refused(Reason.AUDIENCE)
    if claims.app.environment.type not in settings.forge_environments:
        raise Refused(Reason.ENVIRONMENT)
    if claims.ic_label != settings.forge_isolated_cloud:
        raise Refused(Reason.ENVIRONMENT)
    app, context = claims.app, claims.context
    named = (app.installation and app.installation.id, context and context.installation_id)
    if any(other and installation_name(other) != installation_name(app.installation_id) for other in named):
        raise Refused(Reason.ISSUER)


def check_kind(claims: ForgeClaims, kind: Kind) -> None:
    """Raise Refused unless the token is of this kind and has nothing of the other.

    The browser chooses path and body of a page's call, so that a page's token must be of no use where events are told.
    """
    marks = (claims.principal is not None, claims.context is not None, claims.app.module.type != ENDPOINT)
    if any(mark is not (kind is Kind.PAGE) for mark in marks):
        raise Refused(Reason.KIND)


def call_of(claims: ForgeClaims, settings: TokenSettings) -> ForgeCall:
    """Return which site and which installation the token speaks for; raises Refused where it names no site."""
    app, url = claims.app, claims.context and claims.context.site_url
    return ForgeCall(
        environment=app.environment.type,
        cloud_id=_cloud_id(claims),
        installation=installation_name(app.installation_id),
        issued=claims.issued,
        app_version=_version(app),
        license_active=_license_active(app.license),
        site=Site(url if isinstance(url, str) and settings.is_site(url) else "", JIRA),
    )


def installation_name(installation: str) -> str:
    """Return the bare id of an installation, which tokens give as a resource name (ARI)."""
    return installation.removeprefix(_INSTALLATION)


def _cloud_id(claims: ForgeClaims) -> str:
    """Return the id of the Jira site: stable across re-installations, unlike the installation's own id.

    The call's own API address and its page tell which site calls, and the installation's Jira contexts on which sites
    the app is. A token whose parts contradict one another names no site.
    """
    app = claims.app
    contexts = app.installation.contexts if app.installation else []
    sites = _known(*(_checked(each.cloud_id) or _from_url(each.api_base_url) for each in contexts if each.name == JIRA))
    calling = _known(_from_url(app.api_base_url), _checked(claims.context and claims.context.cloud_id))
    if len(calling or sites) != 1 or (sites and not calling <= sites):
        raise Refused(Reason.SITE_UNCLEAR)
    return (calling or sites).pop()


def _known(*cloud_ids: str | None) -> set[str]:
    return {cloud_id.lower() for cloud_id in cloud_ids if cloud_id is not None}


def _from_url(url: object) -> str | None:
    """Return the cloud id that is the one and last segment of the address of a site's API."""
    if not isinstance(url, str) or not url.startswith(API_BASE):
        return None
    return _checked(url.removeprefix(API_BASE).removesuffix("/"))


def _checked(cloud_id: object) -> str | None:
    return cloud_id if isinstance(cloud_id, str) and _CLOUD_ID.fullmatch(cloud_id) is not None else None


def _version(app: ForgeApp) -> str | None:
    versions = (each for each in (app.app_version, app.version) if isinstance(each, str) and 0 < len(each) <= _VERSION)
    return next(versions, None)


def _license_active(told: object) -> bool | None:
    """`isActive` is the older name; no license is told outside production, and for an app that is free."""
    if not isinstance(told, dict):
        return None
    return next((told[name] for name in ("active", "isActive") if isinstance(told.get(name), bool)), None)


_VERSION: Final = 64
"""The longest version of the app that is noted, in characters."""
