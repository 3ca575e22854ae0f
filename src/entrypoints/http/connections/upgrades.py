"""Requests that ask for another protocol, read as if they did not.

The parser takes what follows `Upgrade` for another protocol, with the body of the request. A server may ignore the
field (RFC 9110, section 7.8), and clients send it unasked (curl for `h2c`). So a second parser is given the head
without it, and finds the body and the next request by the same framing.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

_AFTER_HEAD: Final = ("on_body", "on_message_complete")
_HEAD: Final = ("on_message_begin", "on_url", "on_header", "on_headers_complete")


def head_without_upgrade(method: str, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a request of the same framing that asks for no other protocol."""
    fields = b"".join(b"%b: %b\r\n" % field for field in headers if field[0] != b"upgrade")
    return b"%b / HTTP/%b\r\n%b\r\n" % (method.encode(), version.encode(), fields)


class AfterHead:
    """Passes on what a parser tells, but for a head that has been told of before."""

    def __init__(self, callbacks: object) -> None:
        """`callbacks` is called as httptools calls it; the head ends when `is_behind_head` is set."""
        self.is_behind_head = False
        for name in _AFTER_HEAD:
            setattr(self, name, getattr(callbacks, name))
        for name in _HEAD:
            setattr(self, name, self._behind_head(getattr(callbacks, name)))

    def _behind_head(self, callback: Callable[..., None]) -> Callable[..., None]:
        def pass_on(*arguments: Any) -> None:
            if self.is_behind_head:
                callback(*arguments)

        return pass_on
