"""The laws of compare-and-swap."""

import asyncio
from typing import Final

import pytest

from ports.blobs import BlobStore
from ports.errors import Conflict, Unavailable
from tests.contract.blobs.content import content_of, only_winner, put
from tests.contract.blobs.worlds import World

_WORKERS: Final = 5
_INCREMENTS: Final = 10
_OUTAGES: Final = 2
"""How often one of them may find the store Unavailable, as a busy machine has it."""


async def a_replacement_names_what_it_replaces(world: World) -> None:
    """Content is replaced only by whoever knows its tag."""
    first = await put(world.store, "a", b"first")
    second = await world.store.replace("a", b"second", tag=first)
    for tag in (first, "", "another", 'a "quoted" one', "ü\n"):
        with pytest.raises(Conflict) as conflict:
            await world.again.replace("a", b"third", tag=tag)
        assert conflict.value.about == "a"
    assert await content_of(world.store, "a") == b"second"
    assert (await world.again.info("a")).tag == second


async def a_replacement_is_described_anew(world: World) -> None:
    """Size, tag and time are those of the newest content, also where it is empty."""
    tag = await put(world.store, "a", b"first")
    before = await world.store.info("a")
    for content in (b"the second", b"", b"3"):
        tag = await world.again.replace("a", content, tag=tag)
        info = await world.store.info("a")
        assert (info.name, info.size, info.tag) == ("a", len(content), tag)
        assert info.written >= before.written
        assert await world.store.list() == [info]
        before = info


async def one_of_many_replacements_wins(world: World) -> None:
    """Of several who replace the same content at once, one succeeds and the others are told."""
    tag = await put(world.store, "a", b"first")
    contents = [bytes((number,)) * 10_000 for number in range(8)]
    stores = [world.store, world.again] * 4
    winner = await only_winner(
        [store.replace("a", content, tag=tag) for store, content in zip(stores, contents, strict=True)], Conflict
    )
    assert await content_of(world.store, "a") == contents[winner]


async def no_increment_is_lost(world: World) -> None:
    """Five who each add one to a number ten times, and try again after a Conflict, end at fifty.

    Whatever was Unavailable may have been added, or not.
    """
    await put(world.store, "a", b"0")

    async def increment(store: BlobStore) -> None:
        tag = (await store.info("a")).tag
        number = int(await content_of(store, "a"))
        await store.replace("a", b"%d" % (number + 1), tag=tag)

    async def work(store: BlobStore) -> int:
        done = unknown = 0
        while done < _INCREMENTS:
            try:
                await increment(store)
            except Conflict:
                continue
            except Unavailable:
                unknown += 1
                assert unknown <= _OUTAGES
            else:
                done += 1
        return unknown

    unknown = sum(await asyncio.gather(*(work((world.store, world.again)[number % 2]) for number in range(_WORKERS))))
    assert 0 <= int(await content_of(world.store, "a")) - _WORKERS * _INCREMENTS <= unknown


async def contents_have_tags_of_their_own(world: World) -> None:
    """No two contents that a name has ever had share a tag, also when it was deleted between them."""
    tags = [await put(world.store, "a", b"0")]
    for number in range(1, 5):
        tags.append(await world.store.replace("a", b"%d" % number, tag=tags[-1]))
    await world.store.delete("a")
    tags.append(await put(world.store, "a", b"5"))
    assert len(set(tags)) == len(tags)
