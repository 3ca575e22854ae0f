"""Many numbers in few bytes, once compressed: small differences, and equal bytes next to each other."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise
from struct import pack, unpack
from typing import Final

from domain.panoramas.broken import BrokenStream

_WIDTH: Final = 8


def pack_naturals(numbers: Sequence[int]) -> bytes:
    """Return numbers from 0 to 2**64 - 1 as bytes.

    A byte says how many bytes each number takes. Then come the lowest bytes of all numbers, then all the second
    lowest, and so on: bytes of one kind together are what a compressor finds easiest.
    """
    width = (max(numbers, default=0).bit_length() + 7) // 8
    plain = pack(f"<{len(numbers)}Q", *numbers)
    return bytes((width,)) + b"".join(plain[plane::_WIDTH] for plane in range(width))


def unpack_naturals(packed: bytes, count: int) -> tuple[int, ...]:
    """Return the `count` numbers that were packed. Raises BrokenStream if these are not so many."""
    width, size = (packed[0], len(packed) - 1) if packed else (_WIDTH + 1, 0)
    if width > _WIDTH or size != width * count:
        raise BrokenStream("a column of another length")
    plain = bytearray(_WIDTH * count)
    for plane in range(width):
        plain[plane::_WIDTH] = packed[1 + plane * count : 1 + (plane + 1) * count]
    return unpack(f"<{count}Q", plain)


def pack_integers(numbers: Iterable[int]) -> bytes:
    """Return numbers from -2**63 to 2**63 - 1, most of them small: 0, -1, 1, -2 as 0, 1, 2, 3."""
    return pack_naturals([number << 1 ^ number >> 63 for number in numbers])


def unpack_integers(packed: bytes, count: int) -> list[int]:
    """Return the `count` numbers that were packed. Raises BrokenStream if these are not so many."""
    return [number >> 1 ^ -(number & 1) for number in unpack_naturals(packed, count)]


def pack_steps(numbers: Sequence[int]) -> bytes:
    """Return numbers that are near each other as bytes, each by its difference from the one before."""
    return pack_integers(after - before for before, after in pairwise(chain((0,), numbers)))


def unpack_steps(packed: bytes, count: int) -> list[int]:
    """Return the `count` numbers that were packed. Raises BrokenStream if these are not so many."""
    return list(accumulate(unpack_integers(packed, count)))
