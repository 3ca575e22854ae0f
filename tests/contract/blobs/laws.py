"""The laws of the blob port that each concern one blob, one function each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

import pytest

from ports.blobs import NAME_LIMIT, BlobStore, Capability
from ports.errors import AlreadyExists, Conflict, Corrupt, InvalidArgument, NotFound, PermissionDenied, Unsupported
from tests.contract.blobs.content import chunks, content_of, names_in, put, sha256_of
from tests.contract.blobs.worlds import World

Law: TypeAlias = Callable[[World], Awaitable[None]]
"""Ends in an error unless the blob store of the world keeps it."""

LARGE = bytes(range(256)) * 4_000
"""About one megabyte."""


async def a_blob_is_read_as_it_was_created(world: World) -> None:
    """Every process reads all bytes of a blob, however they came, and is told the same of it."""
    parts: dict[str, tuple[bytes, ...]] = {
        "none": (),
        "empty": (b"",),
        "one": (b"1",),
        "more": (b"1", b"", LARGE, b"2"),
    }
    for name, given in parts.items():
        created = await put(world.store, name, *given)
        assert (created.name, created.size) == (name, len(b"".join(given)))
        assert await content_of(world.again, name) == b"".join(given)
        assert await world.again.info(name) == created


async def a_blob_tells_when_it_was_written(world: World) -> None:
    """The time is aware and about now."""
    created = await put(world.store, "a", b"1")
    assert abs(created.written - world.now()) < timedelta(seconds=30)


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
    winner = await _only_winner(
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


async def a_range_is_read_alone(world: World) -> None:
    """A range counts from the start or from the end, and one past the end yields what there is."""
    content = bytes(range(100))
    await put(world.store, "a", content)
    for start in (0, 1, 99, 100, 101, 1_000, -1, -99, -100, -101, -1_000):
        begin = max(len(content) + start, 0) if start < 0 else start
        for length in (None, 0, 1, 99, 100, 101, 1_000):
            end = None if length is None else begin + length
            assert await content_of(world.store, "a", start=start, length=length) == content[begin:end], (start, length)


async def a_reading_is_of_one_content(world: World) -> None:
    """A blob that is replaced while it is read yields one content from end to end."""
    created = await put(world.store, "a", LARGE)
    reading = world.store.read("a")
    read = [await anext(reading)]
    await world.again.replace("a", b"other", tag=created.tag)
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
        for call in _calls(world.store, name):
            with pytest.raises(NotFound):
                await call()


async def a_replacement_names_what_it_replaces(world: World) -> None:
    """Content is replaced only by whoever knows its tag."""
    first = await put(world.store, "a", b"first")
    second = await world.store.replace("a", b"second", tag=first.tag)
    assert second == await world.again.info("a")
    for tag in (first.tag, "", "another"):
        with pytest.raises(Conflict) as conflict:
            await world.again.replace("a", b"third", tag=tag)
        assert conflict.value.about == "a"
    assert await content_of(world.store, "a") == b"second"


async def one_of_many_replacements_wins(world: World) -> None:
    """Of several who replace the same content at once, one succeeds and the others are told."""
    tag = (await put(world.store, "a", b"first")).tag
    contents = [bytes((number,)) * 10_000 for number in range(8)]
    stores = [world.store, world.again] * 4
    winner = await _only_winner(
        [store.replace("a", content, tag=tag) for store, content in zip(stores, contents, strict=True)], Conflict
    )
    assert await content_of(world.store, "a") == contents[winner]


async def contents_have_tags_of_their_own(world: World) -> None:
    """No two contents that a name has ever had share a tag, also when it was deleted between them."""
    infos = [await put(world.store, "a", b"0")]
    for number in range(1, 5):
        infos.append(await world.store.replace("a", b"%d" % number, tag=infos[-1].tag))
    await world.store.delete("a")
    infos.append(await put(world.store, "a", b"5"))
    assert len({info.tag for info in infos}) == len(infos)


async def a_deleted_blob_is_gone(world: World) -> None:
    """Every process misses it, its neighbours stay, and its name is free again."""
    for name in ("a", "a/b", "a/c"):
        await put(world.store, name, name.encode())
    await world.store.delete("a/b")
    assert await names_in(world.again) == ["a", "a/c"]
    await world.store.delete("a")
    await put(world.again, "a/b", b"again")
    assert await names_in(world.store) == ["a/b", "a/c"]


async def a_name_is_made_of_segments(world: World) -> None:
    """What cannot be a path in some store is no name anywhere; the longest name is one."""
    refused = ["", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "./a", "a/.", "x" * (NAME_LIMIT + 1), "\ud800"]
    for name in [*refused, "ü" * (NAME_LIMIT // 2) + "x"]:
        for call in _calls(world.store, name):
            with pytest.raises(InvalidArgument):
                await call()
        with pytest.raises(InvalidArgument):
            await put(world.store, name, b"1")
    for name in ("x" * NAME_LIMIT, "ü" * (NAME_LIMIT // 2), "/".join("x" * (NAME_LIMIT // 2)) + "y", "...", ".a", "~"):
        await put(world.store, name, name.encode())
        assert await content_of(world.again, name) == name.encode()


async def any_text_is_a_name(world: World) -> None:
    """Where it is declared, names may hold control characters; where it is not, they are refused."""
    for name in ("a\nb", "\0", "\x7f", "a\u202eb", "\ufeff", "%2f", "a\\b"):
        if Capability.ANY_UNICODE_NAME in world.store.capabilities:
            await put(world.store, name, b"1")
            assert (await world.again.info(name)).name == name
        elif not name.isprintable():
            with pytest.raises(InvalidArgument):
                await put(world.store, name, b"1")


async def a_retained_blob_stays(world: World) -> None:
    """Where it is declared, a lock keeps off deletion and replacement and only grows; elsewhere there is no lock."""
    created = await put(world.store, "a", b"1")
    until = world.now() + timedelta(days=1)
    if Capability.RETENTION not in world.store.capabilities:
        with pytest.raises(Unsupported):
            await world.store.retain("a", until)
        return
    await world.store.retain("a", until - timedelta(hours=1))
    await world.store.retain("a", until)
    with pytest.raises(PermissionDenied):
        await world.again.delete("a")
    with pytest.raises(PermissionDenied):
        await world.again.replace("a", b"2", tag=created.tag)
    with pytest.raises(InvalidArgument):
        await world.again.retain("a", until - timedelta(seconds=1))
    with pytest.raises(NotFound):
        await world.again.retain("b", until)
    assert (await world.again.info("a")).retained_until == until
    assert await content_of(world.again, "a") == b"1"


async def a_store_that_is_missing_is_told(world: World) -> None:
    """Nothing is created beside a bucket or directory that has disappeared."""
    await put(world.store, "a", b"1")
    await world.store.check()
    await world.demolish()
    calls: list[Callable[[], Awaitable[object]]] = [world.store.check, world.store.list, *_calls(world.store, "a")]
    for call in calls:
        with pytest.raises(NotFound):
            await call()
    with pytest.raises(NotFound):
        await put(world.store, "b", b"1")


def _calls(store: BlobStore, name: str) -> list[Callable[[], Awaitable[object]]]:
    return [
        partial(store.info, name),
        partial(store.delete, name),
        partial(store.replace, name, b"1", tag="tag"),
        partial(content_of, store, name),
    ]


async def _only_winner(attempts: list[Coroutine[Any, Any, object]], loss: type[Exception]) -> int:
    """Return which attempt succeeded; all others end in `loss`."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    winners = [number for number, result in enumerate(results) if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(result, loss) for number, result in enumerate(results) if number not in winners)
    return winners[0]


LAWS: tuple[Law, ...] = (
    a_blob_is_read_as_it_was_created,
    a_blob_tells_when_it_was_written,
    a_name_is_taken_once,
    one_of_many_creators_wins,
    content_matches_its_digest,
    a_blob_is_seen_whole_or_not_at_all,
    a_cancelled_creation_leaves_nothing,
    a_range_is_read_alone,
    a_reading_is_of_one_content,
    a_range_that_cannot_be_is_refused,
    what_is_missing_is_not_found,
    a_replacement_names_what_it_replaces,
    one_of_many_replacements_wins,
    contents_have_tags_of_their_own,
    a_deleted_blob_is_gone,
    a_name_is_made_of_segments,
    any_text_is_a_name,
    a_retained_blob_stays,
    a_store_that_is_missing_is_told,
)
