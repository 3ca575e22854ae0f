"""Blob names as paths: any Unicode text, on any file system, no two names on one path.

The name is cut at each `/`, each segment is cut after every 79 bytes, and each piece is escaped: letters a to z,
digits, `.`, `_` and `-` stand for themselves, every other byte is `%` and two hex digits. Capitals are escaped too,
because some file systems hold them for the same letters. A last character tells what the piece is, so that `a` and
`a/b` can both exist: `~` goes on, `+` ends a segment, `@` ends the name. The longest component has 238 bytes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIECE: Final = 79
GOES_ON: Final = "~"
ENDS_SEGMENT: Final = "+"
ENDS_NAME: Final = "@"

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._-")
_COMPONENT: Final = re.compile(r"((?:[a-z0-9._-]|%[0-9a-f]{2})*)([~+@])")
_ESCAPED: Final = re.compile(rb"%([0-9a-f]{2})")


def path_of(name: bytes) -> Path:
    """Return the relative path of a blob."""
    *folders, last = name.split(b"/")
    components = [component for segment in folders for component in _components(segment, ENDS_SEGMENT)]
    return Path(*components, *_components(last, ENDS_NAME))


def part_of_name(component: str) -> tuple[bytes, bool] | None:
    """Return what a component adds to a name, and whether it ends it; None for a file that is no blob."""
    match = _COMPONENT.fullmatch(component)
    if match is None:
        return None
    text, mark = match.groups()
    part = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), text.encode("ascii"))
    return (part + b"/" if mark == ENDS_SEGMENT else part), mark == ENDS_NAME


def _components(segment: bytes, end: str) -> Iterator[str]:
    """A segment's last piece may be empty, so that a piece that goes on is never also the end of a shorter name."""
    while len(segment) >= PIECE:
        yield _escape(segment[:PIECE]) + GOES_ON
        segment = segment[PIECE:]
    yield _escape(segment) + end


def _escape(piece: bytes) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in piece)
