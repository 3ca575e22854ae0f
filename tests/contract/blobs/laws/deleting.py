"""The laws of deleting a blob."""

from contextlib import suppress
from itertools import count

import pytest

from ports.errors import NotFound, Unavailable
from tests.contract.blobs.content import content_of, names_in, put
from tests.contract.blobs.worlds import World


async def a_deleted_blob_is_gone(world: World) -> None:
    """Every process misses it, its neighbours stay, and its name is free again."""
    for name in ("a", "a/b", "a/c"):
        await put(world.store, name, name.encode())
    await world.store.delete("a/b")
    assert await names_in(world.again) == ["a", "a/c"]
    await world.store.delete("a")
    await put(world.again, "a/b", b"again")
    assert await names_in(world.store) == ["a/b", "a/c"]


async def a_blob_is_deleted_once(world: World) -> None:
    """Whoever deletes it again, or replaces it, is told that it is not there, until there is another of its name."""
    tag = await put(world.store, "a", b"1")
    await world.store.delete("a")
    for store in (world.store, world.again):
        with pytest.raises(NotFound):
            await store.delete("a")
        with pytest.raises(NotFound):
            await store.replace("a", b"2", tag=tag)
        with pytest.raises(NotFound):
            await content_of(store, "a")
    await put(world.again, "a", b"3")
    await world.store.delete("a")
    with pytest.raises(NotFound):
        await world.again.info("a")


async def a_lost_answer_does_not_make_a_blob_missing(world: World) -> None:
    """Whichever answer is lost, the blob is deleted, or the outcome unknown: NotFound says that another deleted it."""
    async with world.stalling() as line:
        for step in count(1):
            await put(world.store, "a", b"1")
            is_lost = line.lose(step) if line.lose else bool
            with suppress(Unavailable):
                await line.store.delete("a")
            lost = is_lost()
            with suppress(NotFound):
                await world.again.delete("a")
            assert await names_in(world.store) == []
            if not lost:
                break
        assert step > 1 or line.lose is None
