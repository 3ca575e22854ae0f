"""What a sealed body looks like: `0x01 || flags || Cobblestone-256 of the content`.

The content is packed with zstd (RFC 8878) at level 1 where that makes it smaller, which one of the flags says. A body
opens only in the place that it was sealed for: its frame, tenant, kind, key and revision are bound into it.
"""

import threading
from typing import Final

import zstandard

from application.sealing import cobblestone
from application.sealing.cobblestone import InputKey
from ports.errors import Corrupt, InvalidArgument
from ports.storage import Ref

CONTENT_LIMIT: Final = 16 * 1024 * 1024
"""The most bytes that a body may unpack to, so that no few bytes can fill the memory."""

PACKED_FROM: Final = 128
"""Shorter content, in bytes, is not worth packing."""

_FORMAT: Final = 0x01
_PACKED: Final = 0x01
_FRAME_SIZE: Final = 2
_PLAIN_FRAME: Final = bytes((_FORMAT, 0))
_PACKED_FRAME: Final = bytes((_FORMAT, _PACKED))
_FRAMES: Final = frozenset((_PLAIN_FRAME, _PACKED_FRAME))


class Bodies:
    """Seals and opens bodies, from any thread."""

    def __init__(self) -> None:
        self._tools = _Tools()

    def seal(self, secret: bytes, ref: Ref, rev: int, content: bytes, *, salt: bytes) -> bytes:
        """Return the body of revision `rev` at `ref`; `salt` is 24 random bytes that are never used again.

        Raises InvalidArgument for content over CONTENT_LIMIT.
        """
        if len(content) > CONTENT_LIMIT:
            raise InvalidArgument(f"a record holds at most {CONTENT_LIMIT} bytes")
        frame, payload = self._pack(content)
        return frame + cobblestone.seal(secret, _context(frame, ref, rev), payload, salt=salt)

    def unseal(self, secret: bytes, ref: Ref, rev: int, body: bytes) -> bytes:
        """Return the content of revision `rev` at `ref`; raises Corrupt unless `body` was sealed as exactly that."""
        frame = _frame(body)
        payload = cobblestone.unseal(secret, _context(frame, ref, rev), body[_FRAME_SIZE:])
        return self._unpack(payload) if frame == _PACKED_FRAME else payload

    def reseal(self, before: InputKey, after: InputKey, ref: Ref, rev: int, body: bytes, *, salt: bytes) -> bytes:
        """Return revision `rev + 1` of the same content, sealed under the key `after`; raises as `unseal` does."""
        frame = _frame(body)
        payload = cobblestone.unseal(before, _context(frame, ref, rev), body[_FRAME_SIZE:])
        return frame + cobblestone.seal(after, _context(frame, ref, rev + 1), payload, salt=salt)

    def _pack(self, content: bytes) -> tuple[bytes, bytes]:
        if len(content) >= PACKED_FROM:
            packed = self._tools.compressor.compress(content)
            if len(packed) < len(content):
                return _PACKED_FRAME, packed
        return _PLAIN_FRAME, content

    def _unpack(self, packed: bytes) -> bytes:
        try:
            if not 0 <= zstandard.frame_content_size(packed) <= CONTENT_LIMIT:
                raise _corrupt()
            return self._tools.decompressor.decompress(packed, allow_extra_data=False)
        except zstandard.ZstdError as exc:
            raise _corrupt() from exc


class _Tools(threading.local):
    """A pair for each thread: no two may use one at once, and making one costs as much as a small body's sealing."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


def _frame(body: bytes) -> bytes:
    frame = body[:_FRAME_SIZE]
    if frame not in _FRAMES:
        raise _corrupt()
    return frame


def _context(frame: bytes, ref: Ref, rev: int) -> bytes:
    """Unambiguous, because no reference holds a space."""
    return f"panorama-v1 format={frame.hex()} tenant={ref.tenant} kind={ref.kind} key={ref.key} rev={rev}".encode()


def _corrupt() -> Corrupt:
    return Corrupt("the body is not in a known format")
