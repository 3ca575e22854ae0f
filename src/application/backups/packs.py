"""What an object of a backup holds: records as they are, sealed, in frames that can be read one by one.

    "PANOBAK1" || 8 bytes that tell one try to write it from another || frame || ... || frame || 0x00000000

A frame is its length (4 bytes, big-endian) and a zstd frame (RFC 8878), which states its size, of a msgpack array.
Each of its elements is a record: [tenant, kind, key, revision, body or nil, milliseconds since 1970, generation,
milliseconds since 1970 or nil]. A record without a body is the tombstone of one that was deleted.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

import msgspec
import zstandard

from domain.backups.manifests import Contents, Index, Piece
from domain.moments import milliseconds
from ports.errors import Corrupt
from ports.rows import row_from
from ports.storage import Row, Shipping

ATTEMPT_SIZE: Final = 8
"""How many bytes tell one try from another."""

NO_ATTEMPT: Final = bytes(ATTEMPT_SIZE)
"""Stands where the same records are always to make the same object."""

FRAME_SIZE: Final = 1024 * 1024
"""A frame ends with the record that makes it that large, in bytes of bodies."""

FRAME_LIMIT: Final = 8 * 1024 * 1024
"""The most bytes that a frame may unpack to, so that no few bytes can fill the memory."""

_LEVEL: Final = -1
"""What is sealed cannot be compressed: this finds what stands between, in less time than 1 and as well."""

_MAGIC: Final = b"PANOBAK1"
_HEADER_SIZE: Final = len(_MAGIC) + ATTEMPT_SIZE
_LENGTH: Final = 4
_END: Final = bytes(_LENGTH)
_COST: Final = 128


_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_Moment: TypeAlias = Annotated[int, msgspec.Meta(ge=milliseconds(_FIRST), le=milliseconds(_LAST))]
"""As far as the calendar goes."""

_Packed: TypeAlias = tuple[str, str, str, int, bytes | None, _Moment, int, _Moment | None]
"""A `Row` without what becomes of it here."""

_PACKED: Final = len(Row._fields) - 1
_DONE: Final = int(Shipping.DONE)

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[_Packed])


class Packed(msgspec.Struct, frozen=True):
    """An object that is ready to be stored, and what it is named by."""

    piece: Piece
    chunks: tuple[bytes, ...]

    async def content(self) -> AsyncIterator[bytes]:
        """Yield its bytes."""
        for chunk in self.chunks:
            yield chunk


def packed(rows: Sequence[Row], attempt: bytes) -> Packed:
    """Return the object that holds these records; with the same attempt it is the same object."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    chunks = [_MAGIC + attempt]
    for frame in _frames(rows):
        content = compressor.compress(_encoder.encode([row[:_PACKED] for row in frame]))
        chunks.append(len(content).to_bytes(_LENGTH, "big") + content)
    chunks.append(_END)
    return wrapped(chunks, len(rows))


def wrapped(chunks: Iterable[bytes], records: int = 0) -> Packed:
    """Return bytes as an object."""
    kept = tuple(chunks)
    digest = hashlib.sha256()
    for chunk in kept:
        digest.update(chunk)
    return Packed(Piece(digest.hexdigest(), sum(map(len, kept)), records), kept)


def indexed(contents: Contents, pieces: Iterable[Piece]) -> Packed:
    """Return the object that says what the records in these pieces are of."""
    index = Index(tuple(piece.sha256 for piece in pieces), contents)
    return wrapped((msgspec.json.encode(index),))


def unpacked(content: bytes) -> Iterator[list[Row]]:
    """Yield the records of an object as shipped, frame by frame; raises Corrupt for what `packed` did not make."""
    decompressor = zstandard.ZstdDecompressor()
    if content[: len(_MAGIC)] != _MAGIC:
        raise _corrupt()
    place = _HEADER_SIZE
    while True:
        length = int.from_bytes(content[place : place + _LENGTH], "big")
        place += _LENGTH
        frame = content[place : place + length]
        if place > len(content) or len(frame) < length:
            raise _corrupt()
        if length == 0:
            break
        place += length
        yield _opened(decompressor, frame)
    if place != len(content):
        raise _corrupt()


def cost(row: Row) -> int:
    """Return about how many bytes a record takes."""
    return len(row.body or b"") + _COST


def _frames(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start, size = 0, 0
    for position, row in enumerate(rows):
        size += cost(row)
        if size >= FRAME_SIZE:
            yield rows[start : position + 1]
            start, size = position + 1, 0
    if start < len(rows):
        yield rows[start:]


def _opened(decompressor: zstandard.ZstdDecompressor, frame: bytes) -> list[Row]:
    try:
        if not 0 <= zstandard.frame_content_size(frame) <= FRAME_LIMIT:
            raise _corrupt()
        found = _decoder.decode(decompressor.decompress(frame, allow_extra_data=False))
        return [row_from((*each, _DONE)) for each in found]
    except (zstandard.ZstdError, msgspec.DecodeError) as exc:
        raise _corrupt() from exc


def _corrupt() -> Corrupt:
    return Corrupt("an object of a backup is not in its format")
