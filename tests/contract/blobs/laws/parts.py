"""The laws of content that goes in several parts: nobody sees a part, and none stays of what comes to nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest

from ports.errors import AlreadyExists, Corrupt
from tests.contract.blobs.content import chunks, content_of, names_in, only_winner, put, sha256_of
from tests.contract.blobs.worlds import World

_MEBIBYTE: Final = 1 << 20
_MANY: Final = 64
_MOMENT: Final = timedelta(milliseconds=10)
_PATIENCE: Final = 500


async def parts_make_one_blob(world: World) -> None:
    """Content around the size of a part is whole, whether it comes in one chunk or in many."""
    part = world.part_size
    for size in (part - 1, part, part + 1, 2 * part, 2 * part + 1):
        content = _content(size)
        await put(world.store, f"{size}/one", content)
        await put(world.store, f"{size}/many", *(content[at : at + 100_003] for at in range(0, size, 100_003)))
        for name in (f"{size}/one", f"{size}/many"):
            info = await world.again.info(name)
            assert info.size == size
            assert await content_of(world.again, name) == content
    assert await world.leftovers() == 0


async def large_content_is_whole(world: World) -> None:
    """64 MiB go there and come back as a stream, and a range is read out of their middle."""
    size = _MANY * _MEBIBYTE
    digest = hashlib.sha256()
    async for chunk in _large():
        digest.update(chunk)
    await world.store.create("a", _large(), sha256=digest.digest())
    assert (await world.again.info("a")).size == size
    found = hashlib.sha256()
    async for chunk in world.again.read("a"):
        found.update(chunk)
    assert found.digest() == digest.digest()
    across = await content_of(world.again, "a", start=40 * _MEBIBYTE - 3, length=_MEBIBYTE + 6)
    assert across == _piece(39)[-3:] + _piece(40) + _piece(41)[:3]
    assert await content_of(world.again, "a", start=-5) == _piece(_MANY - 1)[-5:]


async def one_of_two_creators_in_parts_wins(world: World) -> None:
    """Of two whose parts arrive in turns, one succeeds, the other is told, and no part of the other is in it."""
    contents = [bytes((number,)) * (world.part_size * 2 + 1) for number in (1, 2)]
    turns = [asyncio.Event(), asyncio.Event()]

    async def in_turns(number: int) -> AsyncIterator[bytes]:
        yield contents[number][: world.part_size + 1]
        turns[number].set()
        await turns[1 - number].wait()
        yield contents[number][world.part_size + 1 :]

    winner = await only_winner(
        [
            store.create("a", in_turns(number), sha256=sha256_of(contents[number]))
            for number, store in enumerate((world.store, world.again))
        ],
        AlreadyExists,
    )
    assert await content_of(world.store, "a") == contents[winner]
    await _nothing_is_left(world)


async def no_part_stays_of_what_stops(world: World) -> None:
    """A source that fails after some parts leaves neither a blob nor a part."""
    content = _content(world.part_size * 2 + 1)

    async def stopping() -> AsyncIterator[bytes]:
        yield content
        raise EOFError

    with pytest.raises(EOFError):
        await world.store.create("a", stopping(), sha256=sha256_of(content))
    await _nothing_is_there(world)


async def no_part_stays_of_what_is_cancelled(world: World) -> None:
    """Whoever is cancelled after some parts leaves neither a blob nor a part."""
    content, waiting = _content(world.part_size * 2 + 1), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield content
        waiting.set()
        await asyncio.Event().wait()

    creation = asyncio.create_task(world.store.create("a", endless(), sha256=sha256_of(content)))
    await waiting.wait()
    creation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creation
    await _nothing_is_there(world)


async def no_part_stays_of_what_does_not_match(world: World) -> None:
    """Parts that are not what was announced become no blob."""
    content = _content(world.part_size * 2 + 1)
    with pytest.raises(Corrupt):
        await world.store.create("a", chunks(content), sha256=sha256_of(content[:-1]))
    await _nothing_is_there(world)


async def no_part_stays_of_what_is_taken(world: World) -> None:
    """Parts under a name that is taken change nothing, and none of them stays."""
    await put(world.store, "a", b"first")
    with pytest.raises(AlreadyExists):
        await put(world.again, "a", _content(world.part_size * 2 + 1))
    assert await content_of(world.store, "a") == b"first"
    await _nothing_is_left(world)


async def _nothing_is_there(world: World) -> None:
    assert await names_in(world.again) == []
    await _nothing_is_left(world)
    await put(world.again, "a", b"later")


async def _nothing_is_left(world: World) -> None:
    """Some stores are told to forget the parts without being waited for."""
    for _ in range(_PATIENCE):
        if await world.leftovers() == 0:
            return
        await world.pass_time(_MOMENT)
    assert await world.leftovers() == 0


def _content(size: int) -> bytes:
    """No two parts of it are the same."""
    return b"".join(number.to_bytes(8, "big") for number in range(size // 8 + 1))[:size]


def _piece(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest() * (_MEBIBYTE // 32)


async def _large() -> AsyncIterator[bytes]:
    for number in range(_MANY):
        yield _piece(number)
