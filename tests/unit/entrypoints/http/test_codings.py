"""Packed bodies, unpacked while they are read."""

import asyncio
import gzip
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.types import ReceiveMessage

from entrypoints.http.codings import coding_of, decoded_receive, is_taken, without_coding
from entrypoints.http.problems import ProblemError

PARTS = st.lists(st.binary(max_size=300), max_size=4)


async def read(parts: Sequence[bytes], limit: int = 2**20) -> list[bytes]:
    """Return the parts of a body that comes in these parts."""
    messages: list[ReceiveMessage] = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)} for number, part in enumerate(parts, 1)
    ]
    receive, read = decoded_receive(_receiving(messages), limit), list[bytes]()
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        read.append(message["body"])
        if not message["more_body"]:
            return read


def _receiving(messages: list[ReceiveMessage]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - ASGI's receive
    waiting = iter(messages)

    async def receive() -> ReceiveMessage:
        return next(waiting)

    return receive


@given(members=PARTS.filter(bool), cut=st.integers(1, 60))
async def test_members_follow_one_another_wherever_the_packets_are_cut(members: list[bytes], cut: int) -> None:
    """Several members are one body (RFC 1952), and a part is empty only at the end."""
    packed = b"".join(map(gzip.compress, members))
    parts = await read([packed[at : at + cut] for at in range(0, len(packed), cut)])
    assert b"".join(parts) == b"".join(members)
    assert all(parts[:-1])


async def test_a_small_body_becomes_a_large_one_slice_by_slice() -> None:
    """No part is large, so that whoever reads can stop at its limit."""
    parts = await read([gzip.compress(b"\0" * 2**24)])
    assert sum(map(len, parts)) == 2**24
    assert max(map(len, parts)) <= 64 * 1024


@pytest.mark.parametrize(
    "parts",
    [
        [b""],
        [b"{}"],
        [gzip.compress(b"x")[:-1]],
        [gzip.compress(b"x") + b"{}"],
        [zlib.compress(b"x")],
        [gzip.compress(b"x")[:-8] + bytes(8)],
        [gzip.compress(b"x"), b"rest"],
    ],
)
async def test_what_is_no_gzip_is_refused(parts: list[bytes]) -> None:
    """Nothing, something else, the half of it, a wrong checksum, or more behind it."""
    with pytest.raises(ProblemError) as refused:
        await read(parts)
    assert (refused.value.code, refused.value.details) == ("request-invalid", {"at": ["$"]})


async def test_the_packed_body_has_a_limit_too() -> None:
    """Members that hold nothing could go on for ever without a byte for the reader to count."""
    empty = gzip.compress(b"")
    with pytest.raises(ProblemError) as refused:
        await read([empty] * 100, limit=len(empty) * 99)
    assert refused.value.code == "body-too-large"
    assert await read([empty] * 100, limit=len(empty) * 100) == [b""]


async def test_behind_the_end_nothing_is_told_but_what_comes() -> None:
    """The end is told once: a reader that asks on waits for the client, and hears that it leaves."""
    body: ReceiveMessage = {"type": "http.request", "body": gzip.compress(b"x"), "more_body": False}
    receive = decoded_receive(_receiving([body, {"type": "http.disconnect"}]), 100)
    messages = [await receive() for _ in range(3)]
    assert [message["type"] for message in messages] == ["http.request", "http.request", "http.disconnect"]


async def test_members_that_hold_nothing_let_others_have_their_turn() -> None:
    """However many come in one part, the loop is not held until the last."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(others())
    await read([gzip.compress(b"") * 10_000])
    working.cancel()
    assert turns >= 10_000 // 100


async def test_a_client_that_leaves_is_told_of() -> None:
    """The reader hears of it as of any other body."""
    receive = decoded_receive(_receiving([{"type": "http.disconnect"}]), 100)
    assert (await receive())["type"] == "http.disconnect"


@pytest.mark.parametrize(
    ("fields", "coding", "taken"),
    [
        ([], "", True),
        ([b"identity"], "", True),
        ([b" GZip "], "gzip", True),
        ([b"x-gzip"], "x-gzip", True),
        ([b"identity", b"gzip"], "gzip", True),
        ([b"gzip, gzip"], "gzip,gzip", False),
        ([b"gzip", b"br"], "gzip,br", False),
        ([b"deflate"], "deflate", False),
        ([b"zstd"], "zstd", False),
    ],
)
def test_gzip_is_taken_once(fields: list[bytes], coding: str, taken: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Other codings, and one upon another, are not."""
    assert coding_of([(b"content-encoding", field) for field in fields]) == coding
    assert is_taken(coding) is taken


def test_what_is_read_has_no_coding_and_no_known_length() -> None:
    """The fields of the packed body are gone, all others are there."""
    fields = [(b"content-encoding", b"gzip"), (b"content-length", b"7"), (b"content-type", b"application/json")]
    assert without_coding(fields) == [(b"content-type", b"application/json")]
