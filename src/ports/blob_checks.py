"""What every blob store refuses before it asks its provider, so that all of them refuse the same."""

import hashlib
import hmac
from typing import Final

from ports.blobs import LIST_LIMIT, NAME_LIMIT
from ports.errors import Corrupt, InvalidArgument

_REFUSED_SEGMENTS: Final = frozenset({b"", b".", b".."})


def checked_name(name: str) -> bytes:
    """Return the name in UTF-8; raise InvalidArgument unless a blob may bear it."""
    encoded = checked_text("name", name)
    if not 1 <= len(encoded) <= NAME_LIMIT:
        raise InvalidArgument(f"a name is 1 to {NAME_LIMIT} bytes of UTF-8")
    if not _REFUSED_SEGMENTS.isdisjoint(encoded.split(b"/")):
        raise InvalidArgument("no segment of a name is empty, `.` or `..`")
    return encoded


def checked_text(part: str, text: str) -> bytes:
    """Return the text in UTF-8; raise InvalidArgument, naming the part, where it holds half a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise InvalidArgument(f"the {part} holds a lone surrogate") from exc


def check_limit(limit: int) -> None:
    """Raise InvalidArgument unless a listing may return that many names."""
    if not 1 <= limit <= LIST_LIMIT:
        raise InvalidArgument(f"a listing returns 1 to {LIST_LIMIT} names")


def check_range(length: int | None) -> None:
    """Raise InvalidArgument for a negative length."""
    if length is not None and length < 0:
        raise InvalidArgument("a length is not negative")


class Announced:
    """Content that comes bit by bit and must have the announced SHA-256 in the end."""

    def __init__(self, sha256: bytes) -> None:
        self.sha256 = sha256
        self._found = hashlib.sha256()

    def add(self, content: bytes) -> None:
        """Take in what comes next."""
        self._found.update(content)

    def finish(self, last: bytes = b"") -> None:
        """Take in the last of it; raise Corrupt unless all that has come is what was announced."""
        self.add(last)
        if not hmac.compare_digest(self._found.digest(), self.sha256):
            raise Corrupt("the content does not match its digest")
