"""The laws of the blob port that concern listings."""

import pytest

from ports.blobs import LIST_LIMIT
from ports.errors import InvalidArgument
from tests.contract.blobs.content import names_in, put
from tests.contract.blobs.worlds import World

_SHORT = "a,a/b,a/b/c,a/c,a-b,a-b/c,a.b,a0,aB,ab,b,A,Z/a,a b,a+b,a/ b,a~,a@,%41,a%2fb,ü/ü,\uffee,\U0001f600,é,e\u0301"
_LONG = [
    *("x" * size for size in (78, 79, 80, 158)),
    *("x" * 79 + end for end in ("/a", "-a", "z")),
    *("x" * 158 + end for end in ("/y", "/" + "y" * 80)),
    "x" * 78 + "/a",
]
TRICKY = sorted([*_SHORT.split(","), *_LONG], key=str.encode)
"""Names in which the order of bytes is not the order of folders, of UTF-16 or of the alphabet."""


async def names_are_in_the_order_of_their_bytes(world: World) -> None:
    """A listing is ordered by the bytes of UTF-8, across folders."""
    await _fill(world)
    assert await names_in(world.again) == TRICKY


async def a_listing_keeps_to_its_prefix(world: World) -> None:
    """A prefix may end anywhere in a name."""
    await _fill(world)
    for prefix in {name[:end] for name in TRICKY for end in (1, 2, 3, 79, 80, len(name))}:
        assert await names_in(world.store, prefix) == [name for name in TRICKY if name.startswith(prefix)], prefix


async def a_listing_goes_on_where_it_stopped(world: World) -> None:
    """Pages of any size, one after the other, hold every name once; the last is short."""
    await _fill(world)
    for limit in (1, 2, 7, len(TRICKY) - 1, len(TRICKY), len(TRICKY) + 1):
        listed: list[str] = []
        while True:
            page = await world.store.list(after=listed[-1] if listed else None, limit=limit)
            listed += [info.name for info in page]
            assert listed == TRICKY[: len(listed)]
            if len(page) < limit:
                break
        assert listed == TRICKY


async def a_listing_begins_beyond_any_text(world: World) -> None:
    """What a listing begins beyond need not be there, nor have the prefix."""
    await _fill(world)
    for after in ("", "Z", "a/", "a/a", "a/b/", "x" * 79 + "-", "x" * 200, "\U0001f600", "zzz"):
        for prefix in ("", "a", "a/", "x"):
            found = await world.store.list(prefix=prefix, after=after)
            expected = [name for name in TRICKY if name.startswith(prefix) and name.encode() > after.encode()]
            assert [info.name for info in found] == expected, (prefix, after)


async def a_listing_describes_each_blob(world: World) -> None:
    """What a listing says of a blob is what `info` says."""
    await _fill(world)
    for info in await world.store.list():
        assert info == await world.again.info(info.name)
        assert info.size == len(info.name.encode())


async def a_listing_has_a_limit(world: World) -> None:
    """No listing is asked for less than one name or for more than the limit, nor by half a character."""
    for limit in (-1, 0, LIST_LIMIT + 1):
        with pytest.raises(InvalidArgument):
            await world.store.list(limit=limit)
    with pytest.raises(InvalidArgument):
        await world.store.list(prefix="\ud800")
    with pytest.raises(InvalidArgument):
        await world.store.list(after="\udfff")


async def _fill(world: World) -> None:
    for name in reversed(TRICKY):
        await put(world.store, name, name.encode())
