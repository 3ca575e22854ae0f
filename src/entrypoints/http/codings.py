"""Content codings of request bodies: gzip is unpacked while the body is read, within the limits of the body."""

import asyncio
import zlib
from collections.abc import Iterable
from typing import Final

from litestar.types import HTTPRequestEvent, Receive, ReceiveMessage
from litestar.types.asgi_types import RawHeadersList

from entrypoints.http.headers import values_of
from entrypoints.http.problems import ProblemError

TAKEN: Final = ("gzip", "identity")
"""What a refusal names as taken."""

_GZIP: Final = ("gzip", "x-gzip")
_SLICE: Final = 64 * 1024
"""Bytes that are unpacked at once, so that a small body cannot become a large one in memory."""

_AT_ONCE: Final = 64
"""Turns without a byte for the reader after which others get theirs: members may hold nothing, and be many."""

_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS


def coding_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the codings of a body as one field, in lower case; empty where it is sent as it is."""
    fields = values_of(headers, b"content-encoding")
    if not fields:
        return ""
    codings = (coding.strip().lower() for coding in ",".join(fields).split(","))
    return ",".join(coding for coding in codings if coding not in {"", "identity"})


def is_taken(coding: str) -> bool:
    """Whether bodies of this coding can be read: packed once by gzip, or not at all."""
    return coding in {"", *_GZIP}


def without_coding(headers: Iterable[tuple[bytes, bytes]]) -> RawHeadersList:
    """Return the header fields of the body as it is unpacked; how long it is then is not known."""
    return [field for field in headers if field[0] not in {b"content-encoding", b"content-length"}]


def decoded_receive(receive: Receive, limit: int) -> Receive:
    """Return what receives the same body unpacked.

    It raises the problem `request-invalid` for what is no gzip, or has no end, and `body-too-large` where the packed
    body alone is larger than the limit; how large the unpacked one may be is for the reader to say.
    """
    body = _Gzip(receive, limit)
    return body.receive


class _Gzip:
    """One body; several members follow one another as one (RFC 1952, section 2.2)."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._packed = b""
        self._more = True
        self._done = False
        """Whether the end has been told; what comes then, such as that the client leaves, is told as it is."""
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._begun = False

    async def receive(self) -> ReceiveMessage:
        """Return the next part; a part is empty only at the end."""
        turns = 0
        while not self._done:
            turns += 1
            if turns % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if self._packed:
                part = self._unpacked()
                if part:
                    return _part(part, more=True)
            elif not self._more:
                if not self._begun or not self._member.eof:
                    raise ProblemError("request-invalid", at=["$"])
                self._done = True
                return _part(b"", more=False)
            else:
                message = await self._receive()
                if message["type"] != "http.request":
                    return message
                self._take(message)
        return await self._receive()

    def _take(self, message: HTTPRequestEvent) -> None:
        self._packed = message["body"]
        self._more = message["more_body"]
        self._left -= len(self._packed)
        if self._left < 0:
            raise ProblemError("body-too-large")

    def _unpacked(self) -> bytes:
        if self._member.eof:
            self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._begun = True
        try:
            part = self._member.decompress(self._packed, _SLICE)
        except zlib.error as error:
            raise ProblemError("request-invalid", at=["$"]) from error
        self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return part


def _part(body: bytes, *, more: bool) -> HTTPRequestEvent:
    return {"type": "http.request", "body": body, "more_body": more}
