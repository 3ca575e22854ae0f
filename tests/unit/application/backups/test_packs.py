"""What an object of a backup holds comes back, and anything else is refused."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from application.backups.packs import (
    ATTEMPT_SIZE,
    FRAME_LIMIT,
    FRAME_SIZE,
    NO_ATTEMPT,
    cost,
    indexed,
    packed,
    unpacked,
    wrapped,
)
from domain.backups.manifests import Contents, Piece
from ports.errors import Corrupt
from ports.rows import row_of, rows_of
from ports.storage import BODY_LIMIT, Record, Ref, Row, Shipping
from tests.contract.storage.samples import MOMENT

names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
moments = st.integers(0, 1 << 42).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
records = st.lists(
    st.builds(
        Record,
        ref=st.builds(Ref, names, names, names),
        rev=st.integers(1, 1 << 53),
        body=st.none() | st.binary(max_size=200),
        updated=moments,
        generation=st.integers(0, 1 << 53),
        due=st.none() | moments,
        shipping=st.just(Shipping.DONE),
    ),
    max_size=20,
).map(rows_of)


def content(held: list[Row], attempt: bytes = NO_ATTEMPT) -> bytes:
    """Return the bytes of an object."""
    return b"".join(packed(held, attempt).chunks)


def a_record(size: int = 10) -> Row:
    """Return a record with a body of that size."""
    return row_of(Record(Ref("t", "k", "a"), 1, b"\x01" * size, MOMENT, shipping=Shipping.DONE))


@given(records)
def test_records_come_back_as_they_were(held: list[Row]) -> None:
    """In their order, tombstones and stubs too; what comes from a backup counts as shipped."""
    assert [record for frame in unpacked(content(held)) for record in frame] == held


@given(records)
def test_the_same_records_are_the_same_object(held: list[Row]) -> None:
    """With the same attempt; with another they are another object, so that no two tries share one."""
    assert packed(held, NO_ATTEMPT).piece == packed(held, NO_ATTEMPT).piece
    assert packed(held, b"\x01" * ATTEMPT_SIZE).piece.sha256 != packed(held, NO_ATTEMPT).piece.sha256


async def test_an_object_is_named_by_its_bytes() -> None:
    """Hash, size and number of records are those of what is stored."""
    object_ = packed([a_record(), a_record()], NO_ATTEMPT)
    stored = b"".join([chunk async for chunk in object_.content()])
    assert object_.piece == wrapped([stored], 2).piece
    assert object_.piece.size == len(stored)


def test_large_records_are_read_frame_by_frame() -> None:
    """No frame is much larger than it should be, whatever the bodies' sizes."""
    held = [a_record(BODY_LIMIT), a_record(), a_record(FRAME_SIZE), a_record(3)]
    frames = list(unpacked(content(held)))
    assert [record for frame in frames for record in frame] == held
    assert [len(frame) for frame in frames] == [1, 2, 1]


def test_cost_counts_more_than_the_body() -> None:
    """A million tombstones are not nothing."""
    tombstone = row_of(Record(Ref("t", "k", "a"), 1, None, MOMENT))
    assert 0 < cost(tombstone) < cost(a_record(5))


@pytest.mark.parametrize("held", [[], [a_record(), a_record(2_000)]], ids=["empty", "two"])
def test_every_cut_is_noticed(held: list[Row]) -> None:
    """At whatever byte, the end of a frame included."""
    whole = content(held)
    for end in range(len(whole)):
        with pytest.raises(Corrupt):
            list(unpacked(whole[:end]))


def test_more_than_an_object_is_refused() -> None:
    """Nothing follows its end."""
    with pytest.raises(Corrupt):
        list(unpacked(content([a_record()]) + b"\0"))


def framed(frame: bytes) -> bytes:
    """Return an object of one frame."""
    return content([])[:-4] + len(frame).to_bytes(4, "big") + frame + bytes(4)


@pytest.mark.parametrize(
    "frame",
    [
        b"no zstd",
        zstandard.ZstdCompressor().compress(b"no msgpack \xc1"),
        zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([["t", "k", "a", 1]])),
        zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([["t", "k", "a", 1, None, 1 << 62, 0, None]])),
        zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([["t", "k", "a", 1, None, 0, 0, None, 2]])),
        zstandard.ZstdCompressor().compress(bytes(FRAME_LIMIT + 1)),
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x"),
        zstandard.ZstdCompressor().compress(msgspec.msgpack.encode([])) + b"more",
    ],
    ids=[
        "no zstd",
        "no msgpack",
        "no record",
        "no time",
        "too long",
        "a bomb",
        "of no size",
        "with more behind",
    ],
)
def test_a_frame_that_is_none_is_refused(frame: bytes) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(Corrupt):
        list(unpacked(framed(frame)))


def test_no_two_indexes_are_one_object() -> None:
    """The same contents of other objects are another index, so that none is taken away with another's."""
    one, other = (indexed(Contents(), [Piece(name, 1)]) for name in ("a", "b"))
    assert one.piece != other.piece
