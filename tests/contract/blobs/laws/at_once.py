"""The laws of many who do different things at the same time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice
from typing import Final

from ports.blobs import BlobStore
from ports.errors import AlreadyExists, Conflict, NotFound
from tests.contract.blobs.content import content_of, put
from tests.contract.blobs.worlds import World

_NAMES: Final = ("x/a", "x/b", "x/y/c")
_TURNS: Final = 12
_LARGEST: Final = 300_000


async def nobody_sees_a_torn_blob(world: World) -> None:
    """While blobs are created, replaced and deleted, whoever reads, looks or lists finds each whole or not at all."""
    versions = iter(range(1, 10_000))
    writers = [_write(store, name, versions.__next__) for store in (world.store, world.again) for name in _NAMES]
    deleters = [_delete(world.again)]
    readers = [reader(store) for reader in (_read, _look, _list) for store in (world.store, world.again)]
    await asyncio.gather(*writers, *deleters, *readers)


async def neighbours_come_and_go(world: World) -> None:
    """Blobs that are created and deleted in one folder at the same time are not in each other's way."""

    async def work(store: BlobStore, number: int) -> None:
        for turn in range(_TURNS):
            await put(store, f"x/y/{number}", b"%d" % turn)
            assert await content_of(store, f"x/y/{number}") == b"%d" % turn
            await store.delete(f"x/y/{number}")

    await asyncio.gather(*(work((world.store, world.again)[number % 2], number) for number in range(6)))
    assert await world.store.list() == []


async def more_calls_than_there_is_room_for_are_answered(world: World) -> None:
    """A hundred calls at once all come to their end."""
    await put(world.store, "a", b"1")
    infos = await asyncio.gather(*(world.store.info("a") for _ in range(100)))
    assert {info.tag for info in infos} == {infos[0].tag}
    contents = await asyncio.gather(*(content_of(world.store, "a") for _ in range(100)))
    assert set(contents) == {b"1"}


def _content(version: int) -> bytes:
    """Content of which every piece tells of which version it is, and whose size does too."""
    return version.to_bytes(4, "big") * (1 + version * 7_919 % (_LARGEST // 4))


def _is_whole(content: bytes) -> bool:
    return content == _content(int.from_bytes(content[:4], "big"))


async def _write(store: BlobStore, name: str, version: Callable[[], int]) -> None:
    for _ in range(_TURNS):
        with suppress(AlreadyExists):
            await put(store, name, _content(version()))
        with suppress(Conflict, NotFound):
            await store.replace(name, _content(version()), tag=(await store.info(name)).tag)


async def _delete(store: BlobStore) -> None:
    for name in islice(cycle(_NAMES), _TURNS):
        await asyncio.sleep(0.005)
        with suppress(NotFound):
            await store.delete(name)


async def _read(store: BlobStore) -> None:
    for name in islice(cycle(_NAMES), _TURNS * len(_NAMES)):
        with suppress(NotFound):
            assert _is_whole(await content_of(store, name))
            piece = await content_of(store, name, length=8)
            assert piece[:4] == piece[4:] or len(piece) == 4


async def _look(store: BlobStore) -> None:
    sizes = {len(_content(version)) for version in range(1, 10_000)}
    for name in islice(cycle(_NAMES), _TURNS * len(_NAMES)):
        with suppress(NotFound):
            assert (await store.info(name)).size in sizes


async def _list(store: BlobStore) -> None:
    for _ in range(_TURNS):
        listed = [info.name for info in await store.list(prefix="x/")]
        assert listed == sorted(set(listed))
        assert set(listed) <= set(_NAMES)
