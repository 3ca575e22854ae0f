"""Ids in the parts that MongoDB makes ObjectIds of: seconds (4 bytes), process (5 bytes), counter (3 bytes).

Ids made together differ little in each part. Any other id of 12 bytes is kept as well, in more space.
"""

from collections.abc import Sequence
from struct import pack, unpack
from typing import Final

import msgspec

from domain.ids import NodeId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns_numbers import pack_naturals, pack_steps, unpack_naturals, unpack_steps

_ID: Final = 12
_PROCESS: Final = 5


class IdColumns(msgspec.Struct, array_like=True, frozen=True):
    """The parts of many ids."""

    seconds: bytes
    process: bytes
    counter: bytes
    processes: bytes
    """The different process parts, by the number that stands for each in `process`."""


def pack_ids(ids: Sequence[NodeId]) -> tuple[IdColumns, tuple[int, ...]]:
    """Return the parts of these ids, and their seconds, to which other columns can be compared."""
    plain = bytes.fromhex("".join(ids))
    seconds = _numbers(plain, 0, 4)
    numbers: dict[bytes, int] = {}
    process = [numbers.setdefault(plain[at : at + _PROCESS], len(numbers)) for at in range(4, len(plain), _ID)]
    counter = _numbers(plain, 9, 3)
    return IdColumns(pack_steps(seconds), pack_naturals(process), pack_steps(counter), b"".join(numbers)), seconds


def unpack_ids(columns: IdColumns, count: int) -> tuple[list[NodeId], list[int]]:
    """Return the `count` ids that were packed, and their seconds.

    Raises BrokenStream if they are not so many; IndexError or struct.error if a part is out of its range.
    """
    seconds = unpack_steps(columns.seconds, count)
    counter = unpack_steps(columns.counter, count)
    if len(columns.processes) % _PROCESS or max(counter, default=0) >= 1 << 24:
        raise BrokenStream("parts of ids out of their range")
    processes = [columns.processes[at : at + _PROCESS] for at in range(0, len(columns.processes), _PROCESS)]
    plain = bytearray(_ID * count)
    process = b"".join([processes[number] for number in unpack_naturals(columns.process, count)])
    _put(plain, 0, 4, pack(f">{count}I", *seconds))
    _put(plain, 4, 5, process)
    _put(plain, 9, 3, pack(f">{count}I", *counter))
    text = plain.hex()
    return [NodeId(text[at : at + 2 * _ID]) for at in range(0, len(text), 2 * _ID)], seconds


def _numbers(plain: bytes, at: int, size: int) -> tuple[int, ...]:
    """Return the part of each id that begins at byte `at` and has `size` bytes, as a number."""
    count = len(plain) // _ID
    wide = bytearray(4 * count)
    for byte in range(size):
        wide[4 - size + byte :: 4] = plain[at + byte :: _ID]
    return unpack(f">{count}I", wide)


def _put(plain: bytearray, at: int, size: int, parts: bytes) -> None:
    """Write the last `size` bytes of each of `parts`, which are equally long, at byte `at` of each id."""
    width = len(parts) * _ID // len(plain)
    for byte in range(size):
        plain[at + byte :: _ID] = parts[width - size + byte :: width]
