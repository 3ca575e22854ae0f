"""Content is cut into parts without losing a byte."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.blob_checks import Announced
from ports.blob_parts import Parts
from ports.errors import Corrupt
from tests.contract.blobs.content import chunks, sha256_of


@given(st.lists(st.binary(max_size=20)), st.integers(1, 9))
async def test_parts_are_full_and_the_last_is_what_is_left(given: list[bytes], size: int) -> None:
    """All parts but the last are of exactly the size, the last is not larger, and together they are the content."""
    parts = Parts(chunks(*given), size)
    taken = [part async for part in parts]
    assert b"".join([*taken, parts.last]) == b"".join(given)
    assert all(len(part) == size for part in taken)
    assert len(parts.last) <= size
    assert bool(parts.last) == any(given)
    assert parts.are_several == bool(taken)


async def test_no_more_is_taken_than_a_part_needs() -> None:
    """The next chunk is asked for when there is no whole part left, and not before."""
    asked: list[int] = []

    async def counted() -> AsyncIterator[bytes]:
        for number in range(4):
            asked.append(number)
            yield bytes(3)

    parts = aiter(Parts(counted(), 4))
    await anext(parts)
    assert asked == [0, 1]


@given(st.lists(st.binary(max_size=20)), st.binary(max_size=5))
def test_what_was_announced_must_come(given: list[bytes], more: bytes) -> None:
    """Content is compared as a whole, in whatever pieces it comes."""
    announced, other = Announced(sha256_of(*given)), Announced(sha256_of(*given, b"!"))
    for piece in given:
        announced.add(piece)
        other.add(piece)
    announced.finish()
    with pytest.raises(Corrupt):
        other.finish(b"?" + more)
