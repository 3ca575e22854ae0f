"""The laws of listings that take more than one page, and of what happens between two pages."""

import asyncio
from collections.abc import Iterator
from typing import Final

from ports.blobs import LIST_LIMIT
from tests.contract.blobs.content import put
from tests.contract.blobs.worlds import World

_MORE: Final = LIST_LIMIT + 50
_AT_ONCE: Final = 16


async def any_number_of_names_is_listed(world: World) -> None:
    """More names than the largest page has are listed by pages of any size, and none is listed twice."""
    names = [f"a/{number:05}" for number in range(_MORE)]
    left = iter(names)

    async def work(mine: Iterator[str]) -> None:
        for name in mine:
            await put(world.store, name, name.encode())

    await asyncio.gather(*(work(left) for _ in range(_AT_ONCE)))
    await put(world.store, "b", b"1")
    assert [info.name for info in await world.again.list(prefix="a/")] == names[:LIST_LIMIT]
    for limit in (LIST_LIMIT, 400):
        assert await _paged(world, "a/", limit) == names
    assert [info.name for info in await world.again.list(after=names[-2])] == [names[-1], "b"]


async def pages_go_by_names(world: World) -> None:
    """What is added or deleted between two pages neither repeats nor hides a name that stays."""
    names = [f"a{number:02}" for number in range(20)]
    for name in names:
        await put(world.store, name, b"1")
    first = [info.name for info in await world.again.list(limit=5)]
    assert first == names[:5]
    for name in ("a000", "a02x", "a07x", "a20"):
        await put(world.store, name, b"1")
    for name in ("a00", "a03", "a04", "a06", "a19"):
        await world.store.delete(name)
    second = [info.name for info in await world.again.list(after=first[-1], limit=5)]
    assert second == ["a05", "a07", "a07x", "a08", "a09"]
    for name in names[10:15]:
        await world.store.delete(name)
    third = [info.name for info in await world.again.list(after=second[-1], limit=5)]
    assert third == ["a15", "a16", "a17", "a18", "a20"]
    assert await world.again.list(after=third[-1], limit=5) == []


async def _paged(world: World, prefix: str, limit: int) -> list[str]:
    listed: list[str] = []
    while True:
        page = await world.again.list(prefix=prefix, after=listed[-1] if listed else None, limit=limit)
        listed += [info.name for info in page]
        if len(page) < limit:
            return listed
