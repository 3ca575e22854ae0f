"""MongoDB's wire protocol, as much of it as a current driver speaks.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import asyncio
import struct
from collections.abc import Mapping
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

MESSAGE: Final = 2013
"""The operation of every command but a connection's first, OP_MSG."""

_QUERY: Final = 2004
_REPLY: Final = 1
_CHECKSUM: Final = 1
_HEADER: Final = struct.Struct("<iiii")
_INT: Final = struct.Struct("<i")

_PLAIN: Final[CodecOptions[dict[str, Any]]] = CodecOptions()


async def read_command(reader: asyncio.StreamReader) -> tuple[int, int, dict[str, Any]]:
    """Return the next request's id, its operation and its command; raises IncompleteReadError at the end."""
    length, request, _, operation = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    body = await reader.readexactly(length - _HEADER.size)
    if operation == _QUERY:
        # Flags, the collection's name, numbers to skip and to return; then the command.
        return request, operation, _document(body, body.index(b"\0", 4) + 9)
    if operation != MESSAGE:
        raise ConnectionError("this server does not speak that operation")
    return request, operation, _sections(body)


def answer(request: int, operation: int, document: Mapping[str, Any]) -> bytes:
    """Return the bytes that answer a request with a document."""
    content = bson.encode(document)
    if operation == _QUERY:
        content = struct.pack("<iqii", 8, 0, 0, 1) + content
        return _HEADER.pack(_HEADER.size + len(content), 0, request, _REPLY) + content
    content = struct.pack("<IB", 0, 0) + content
    return _HEADER.pack(_HEADER.size + len(content), 0, request, MESSAGE) + content


def _sections(body: bytes) -> dict[str, Any]:
    """Return a command whose long lists of documents may stand in sections of their own."""
    (flags,) = struct.unpack_from("<I", body)
    position, end = 4, len(body) - (4 if flags & _CHECKSUM else 0)
    command: dict[str, Any] = {}
    lists: dict[str, Any] = {}
    while position < end:
        kind, position = body[position], position + 1
        (size,) = _INT.unpack_from(body, position)
        if kind == 0:
            command = _document(body, position)
        else:
            name_ends = body.index(b"\0", position + 4)
            lists[body[position + 4 : name_ends].decode()] = _documents(body[name_ends + 1 : position + size])
        position += size
    return command | lists


def _document(body: bytes, position: int) -> dict[str, Any]:
    (size,) = _INT.unpack_from(body, position)
    return bson.decode(body[position : position + size], _PLAIN)


def _documents(content: bytes) -> list[Any]:
    """Documents of a list stay bytes until somebody looks into them; most are only passed on."""
    found, position = [], 0
    while position < len(content):
        (size,) = _INT.unpack_from(content, position)
        found.append(RawBSONDocument(content[position : position + size]))
        position += size
    return found
