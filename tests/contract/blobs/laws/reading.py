"""The laws of reading a blob: all of it, a range of it, and one content from end to end."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import cast

import pytest

from ports.blobs import BlobStore
from ports.errors import InvalidArgument, NotFound
from tests.contract.blobs.content import LARGE, calls, content_of, put
from tests.contract.blobs.worlds import World

_READINGS = 20


async def a_range_is_read_alone(world: World) -> None:
    """A range counts from the start or from the end, and one past the end yields what there is."""
    content = bytes(range(100))
    await put(world.store, "a", content)
    for start in (0, 1, 50, 99, 100, 101, 1_000, -1, -50, -99, -100, -101, -1_000):
        begin = max(len(content) + start, 0) if start < 0 else start
        for length in (None, 0, 1, 99, 100, 101, 1_000):
            end = None if length is None else begin + length
            assert await content_of(world.store, "a", start=start, length=length) == content[begin:end], (start, length)


async def nothing_has_every_range(world: World) -> None:
    """Of an empty blob every range is empty."""
    await put(world.store, "a")
    for start in (0, 1, -1):
        for length in (None, 0, 1):
            assert await content_of(world.again, "a", start=start, length=length) == b"", (start, length)


async def a_reading_is_of_one_content(world: World) -> None:
    """A blob that is replaced while it is read yields one content from end to end."""
    tag = await put(world.store, "a", LARGE)
    reading = world.store.read("a")
    read = [await anext(reading)]
    await world.again.replace("a", b"other", tag=tag)
    read += [chunk async for chunk in reading]
    assert b"".join(read) == LARGE


async def a_range_that_cannot_be_is_refused(world: World) -> None:
    """A negative length is refused."""
    await put(world.store, "a", b"1")
    with pytest.raises(InvalidArgument):
        await content_of(world.store, "a", length=-1)


async def what_is_missing_is_not_found(world: World) -> None:
    """Nothing is done to a blob that is not there, nor to one whose name only begins or ends like another's."""
    await put(world.store, "a/b", b"1")
    for name in ("a", "b", "a/b/c", "A/b", "a/B"):
        for call in calls(world.store, name):
            with pytest.raises(NotFound):
                await call()


async def a_reading_that_is_given_up_holds_nothing_up(world: World) -> None:
    """However many have begun to read and go no further, or have given up, everything else goes on."""
    tag = await put(world.store, "a", LARGE)
    async with AsyncExitStack() as stack:
        for _ in range(_READINGS):
            await _begun(world.store, stack)
        assert await content_of(world.store, "a") == LARGE
        tag = await world.store.replace("a", LARGE[1:], tag=tag)
    for _ in range(_READINGS):
        async with AsyncExitStack() as stack:
            await _begun(world.store, stack)
    assert (await world.store.info("a")).tag == tag
    assert await content_of(world.store, "a") == LARGE[1:]


async def _begun(store: BlobStore, stack: AsyncExitStack) -> None:
    """Read the first chunk, and no more before the end of the block."""
    reading = cast("AsyncGenerator[bytes, None]", store.read("a"))
    assert await anext(await stack.enter_async_context(aclosing(reading)))
