"""Header fields that mean something to the panorama API, and the ones that guard every answer."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

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
_GZIP_SUFFIX: Final = "-gzip"
"""Ends the tag of the packed form: another encoding is another representation (RFC 9110, section 8.8.3.3)."""

_TAGGED_VERSION: Final = re.compile(rf"(?:([0-9]{{1,12}})\.)?([0-9]{{1,12}})(?:{_GZIP_SUFFIX})?")
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Final = re.compile(r'(?:W/)?"([^"]*)"')
_TAG_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_BLANKS: Final = " \t"
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""A weight of RFC 9110, section 12.4.2."""


def is_version(text: str) -> bool:
    """Whether `text` has the form of a version, with or without its epoch."""
    return _VERSION.fullmatch(text) is not None


def version_text(epoch: int, version: int) -> str:
    """Return how a version is written outside: `<epoch>.<version>`."""
    return f"{epoch}.{version}"


def entity_tag(epoch: int, version: int, *, packed: bool = False) -> str:
    """Return the strong validator of a panorama at one version, as it is or packed with gzip."""
    return f'"{version_text(epoch, version)}{_GZIP_SUFFIX if packed else ""}"'


def read_version(text: str, epoch: int, *, at: str = "after") -> int:
    """Return the version that `text` names, with or without its epoch.

    Raises the problem `reload` for another epoch than the present one: that version may never have been; and for what
    is no version the one that names the parameter `at`.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ProblemError("request-invalid", at=[at])
    if match[1] is not None and int(match[1]) != epoch:
        raise ProblemError("reload")
    return int(match[2])


def expected_version(if_match: Sequence[str], epoch: int) -> int | None:
    """Return the version that all lines of `If-Match` insist on; None where there is nothing to insist on.

    By RFC 9110, section 13.1.1, a weak tag would match nothing. But the service makes none: a proxy that packs an
    answer makes its tag weak, and the client means the version. So a weak tag is compared as the strong one that it
    was. Of several tags the newest counts: where it was answered once, none that is older can be the newest now.

    Raises the problem `reload` where no tag is of the present epoch, and `request-invalid` for what is no list of tags.
    """
    field = ",".join(if_match)
    if not if_match or field.strip(_BLANKS) == "*":
        return None
    if _TAG_LIST.fullmatch(field) is None:
        raise ProblemError("request-invalid", at=["If-Match"])
    known = newest_tag(if_match, epoch, bare=True)
    if known is None:
        raise ProblemError("reload", status=409)
    return known.version


class KnownTag(NamedTuple):
    """A version that a client knows of, and the opaque tag that it names it by."""

    version: int
    tag: str


def is_any(if_none_match: Sequence[str]) -> bool:
    """Whether `If-None-Match` names every representation that there is."""
    return ",".join(if_none_match).strip(_BLANKS) == "*"


def newest_tag(lines: Sequence[str], epoch: int, *, bare: bool = False) -> KnownTag | None:
    """Return the newest version of this epoch that any line of tags names, by weak comparison; None without any.

    A `bare` version, without its epoch, may be meant for the present one.
    """
    epochs = {str(epoch), None} if bare else {str(epoch)}
    tags = [(_TAGGED_VERSION.fullmatch(tag), tag) for line in lines for tag in _TAGS.findall(line)]
    known = [KnownTag(int(match[2]), f'"{tag}"') for match, tag in tags if match and match[1] in epochs]
    return max(known, default=None)


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
    return name.strip().lower(), float(weight) if _WEIGHT.fullmatch(weight) else 0.0
