"""Header fields that mean something to the panorama API, and the ones that guard every answer."""

import re
from collections.abc import Iterable
from typing import Final

from litestar.types.asgi_types import RawHeadersList

from entrypoints.http.problems import ProblemError

SECURITY: Final[RawHeadersList] = [
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
"""What every answer carries."""

NO_STORE: Final = (b"cache-control", b"no-store")
"""Carried by every answer that says nothing else about caching."""

NO_CONTENT_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""Carried by every answer that says nothing else about its content: data, and no page."""

_VERSION: Final = re.compile(r"(?:([0-9]{1,12})\.)?([0-9]{1,12})")
_STRONG_TAG: Final = re.compile(r'"([^"]*)"')
_TAGS: Final = re.compile(r'(?:W/)?"([^"]*)"')


def version_text(epoch: int, version: int) -> str:
    """Return how a version is written outside: `<epoch>.<version>`."""
    return f"{epoch}.{version}"


def entity_tag(epoch: int, version: int) -> str:
    """Return the strong validator of a panorama at one version."""
    return f'"{version_text(epoch, version)}"'


def read_version(text: str, epoch: int, *, status: int = 410) -> int:
    """Return the version that `text` names, with or without its epoch.

    Raises the problem `reload` for another epoch than the present one: that version may never have been.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ProblemError("request-invalid")
    if match[1] is not None and int(match[1]) != epoch:
        raise ProblemError("reload", status=status)
    return int(match[2])


def expected_version(if_match: str | None, epoch: int) -> int | None:
    """Return the version that `If-Match` insists on; None where there is nothing to insist on."""
    if if_match is None or if_match == "*":
        return None
    match = _STRONG_TAG.fullmatch(if_match)
    if match is None:
        raise ProblemError("request-invalid", at=["If-Match"])
    return read_version(match[1], epoch, status=409)


def known_version(if_none_match: str, epoch: int) -> int | None:
    """Return the newest version of this epoch that `If-None-Match` names, by weak comparison; None without any."""
    versions = [match for match in map(_VERSION.fullmatch, _TAGS.findall(if_none_match)) if match is not None]
    return max((int(match[2]) for match in versions if match[1] == str(epoch)), default=None)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether `Accept-Encoding` allows gzip (RFC 9110, section 12.5.3); the last word on `gzip` itself counts most."""
    weights = dict(map(_coding, accept_encoding.split(",")))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def values_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> tuple[str, ...]:
    """Return every value of a field of the raw request, `name` in lower case."""
    return tuple(value.decode("latin-1") for field, value in headers if field == name)


def _coding(entry: str) -> tuple[str, float]:
    name, _, parameter = entry.partition(";")
    weight = parameter.strip().lower().removeprefix("q=") if parameter else "1"
    try:
        return name.strip().lower(), float(weight)
    except ValueError:
        return name.strip().lower(), 0.0
