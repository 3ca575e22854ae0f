"""The laws of creating a blob: whole, once, and what was announced."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ports.errors import AlreadyExists, Corrupt, NotFound
from tests.contract.blobs.content import LARGE, chunks, content_of, names_in, only_winner, put, sha256_of
from tests.contract.blobs.worlds import World


async def a_blob_is_read_as_it_was_created(world: World) -> None:
    """Every process reads all bytes of a blob, however they came."""
    many = tuple(bytes((number % 251,)) * (number % 7) for number in range(1_000))
    for name, given in {"none": (), "empty": (b"",), "one": (b"1",), "more": (b"1", b"", LARGE), "many": many}.items():
        await put(world.store, name, *given)
        assert await content_of(world.again, name) == b"".join(given)


async def a_blob_is_described_as_it_was_created(world: World) -> None:
    """Every process is told the same of it: its size, its tag, when it was written, and that nothing locks it."""
    for name, content in {"empty": b"", "one": b"1", "large": LARGE}.items():
        tag = await put(world.store, name, content)
        info = await world.again.info(name)
        assert (info.name, info.size, info.tag, info.retained_until) == (name, len(content), tag, None)
        assert abs(info.written - world.now()) < timedelta(seconds=30)
        assert await content_of(world.store, name) == content
        assert await world.store.info(name) == info


async def a_name_is_taken_once(world: World) -> None:
    """A second blob of a name is refused, and the first one stays as it is."""
    await put(world.store, "a", b"first")
    for store in (world.store, world.again):
        with pytest.raises(AlreadyExists):
            await put(store, "a", b"second")
    assert await content_of(world.store, "a") == b"first"


async def one_of_many_creators_wins(world: World) -> None:
    """Of several who create a name at once, one succeeds, the others are told, and the content is the winner's."""
    contents = [bytes((number,)) * 10_000 for number in range(8)]
    stores = [world.store, world.again] * 4
    winner = await only_winner(
        [put(store, "a", content) for store, content in zip(stores, contents, strict=True)], AlreadyExists
    )
    assert await content_of(world.store, "a") == contents[winner]


async def content_matches_its_digest(world: World) -> None:
    """What does not match its digest is refused and not there afterwards."""
    with pytest.raises(Corrupt):
        await world.store.create("a", chunks(b"damaged"), sha256=sha256_of(b"whole"))
    assert await names_in(world.again) == []
    await put(world.store, "a", b"whole")


async def a_blob_is_seen_whole_or_not_at_all(world: World) -> None:
    """While its bytes arrive nobody sees a blob; when they stop arriving nobody ever does."""

    async def watched() -> AsyncIterator[bytes]:
        yield LARGE
        assert await names_in(world.again) == []
        with pytest.raises(NotFound):
            await world.again.info("a")
        raise EOFError

    with pytest.raises(EOFError):
        await world.store.create("a", watched(), sha256=sha256_of(LARGE))
    assert await names_in(world.again) == []
    await put(world.again, "a", b"later")


async def a_cancelled_creation_leaves_nothing(world: World) -> None:
    """Whoever is cancelled between two chunks leaves the name free."""
    waiting = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield LARGE
        waiting.set()
        await asyncio.Event().wait()

    creation = asyncio.create_task(world.store.create("a", endless(), sha256=sha256_of(LARGE)))
    await waiting.wait()
    creation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creation
    assert await names_in(world.again) == []
    await put(world.again, "a", b"later")
