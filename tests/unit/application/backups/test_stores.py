"""Getting objects into stores and back."""

from collections.abc import AsyncIterator

import pytest

from application.backups.packs import wrapped
from application.backups.stores import Store, fetched, found, holds, keep, keep_text
from ports.errors import Conflict, Corrupt, NotFound, Unavailable
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.sources import FakeTime
from tests.unit.application.backups.scenes import lets_out

OBJECT = wrapped([b"some ", b"bytes"])


def a_store(name: str = "one") -> tuple[Store, MemoryBlobStore]:
    """Return an empty store."""
    blobs = MemoryBlobStore(FakeTime().clock)
    return Store(name, None, blobs), blobs


async def put(blobs: MemoryBlobStore, name: str, content: bytes) -> None:
    """Put bytes under a name, whatever they are named by."""

    async def whole() -> AsyncIterator[bytes]:
        yield content

    await blobs.create(name, whole(), sha256=bytes.fromhex(wrapped([content]).piece.sha256))


async def test_an_object_is_kept_and_fetched() -> None:
    """Twice is as good as once."""
    store, _ = a_store()
    await keep(store, "a", OBJECT)
    await keep(store, "a", OBJECT)
    assert await fetched(store, "a", OBJECT.piece) == b"some bytes"
    assert await holds(store, "a", OBJECT.piece)


async def test_a_shorter_object_is_no_object() -> None:
    """It is neither taken for the object nor written over."""
    store, blobs = a_store()
    await put(blobs, "a", b"some")
    assert not await holds(store, "a", OBJECT.piece)
    with pytest.raises(Corrupt):
        await keep(store, "a", OBJECT)


@pytest.mark.parametrize("content", [b"some bytez", b"some", b"some bytes and many more"])
async def test_a_damaged_object_is_not_fetched(content: bytes) -> None:
    """Other bytes, fewer or more."""
    store, blobs = a_store()
    await put(blobs, "a", content)
    with pytest.raises(Corrupt):
        await fetched(store, "a", OBJECT.piece)


async def test_what_is_missing_is_told() -> None:
    """As missing, not as damaged."""
    store, _ = a_store()
    assert not await holds(store, "a", OBJECT.piece)
    with pytest.raises(NotFound):
        await fetched(store, "a", OBJECT.piece)


async def test_text_is_kept_once_and_read_back() -> None:
    """Other bytes under the same name are a conflict, whichever came first."""
    store, blobs = a_store()
    await keep_text(store, "a", b"said")
    await keep_text(store, "a", b"said")
    with pytest.raises(Conflict):
        await keep_text(store, "a", b"denied")
    await put(blobs, "b", b"said and more")
    with pytest.raises(Conflict):
        await keep_text(store, "b", b"said")


async def test_an_object_is_found_in_whichever_store_has_it_whole() -> None:
    """One store lacks it, one has it damaged, one does not answer."""
    (lacking, _), (damaged, bad), (out, away), (whole, good) = (a_store(str(number)) for number in range(4))
    await put(bad, "a", b"some bytez")
    await put(good, "a", b"some bytes")
    away.failure = Unavailable("out")
    assert await found([lacking, damaged, out, whole], "a", OBJECT.piece) == b"some bytes"


async def test_what_no_store_has_is_not_found() -> None:
    """Only where all have been asked."""
    (one, _), (other, _) = a_store(), a_store()
    with pytest.raises(NotFound):
        await found([one, other], "a", OBJECT.piece)
    with pytest.raises(NotFound):
        await found([], "a", OBJECT.piece)


async def test_what_is_damaged_everywhere_is_corrupt() -> None:
    """Wherever it is there at all."""
    (lacking, _), (damaged, bad) = a_store(), a_store()
    await put(bad, "a", b"some bytez")
    for order in ([lacking, damaged], [damaged, lacking]):
        with pytest.raises(Corrupt):
            await found(order, "a", OBJECT.piece)


async def test_a_store_that_does_not_answer_may_have_it() -> None:
    """So nobody gives it up for lost, even though another store has it damaged."""
    (damaged, bad), (out, away), (lacking, _) = a_store(), a_store(), a_store()
    await put(bad, "a", b"some bytez")
    away.failure = Unavailable("out")
    for order in ([damaged, out, lacking], [out, damaged, lacking], [lacking, out]):
        with pytest.raises(Unavailable):
            await found(order, "a", OBJECT.piece)


async def test_what_passes_the_port_of_a_store_keeps_nobody_from_the_next() -> None:
    """Whoever has it whole is asked all the same; where nobody has, the store might have had it."""
    (broken, lets), (whole, good) = a_store(), a_store()
    lets_out(lets)
    await put(good, "a", b"some bytes")
    assert await found([broken, whole], "a", OBJECT.piece) == b"some bytes"
    with pytest.raises(Unavailable):
        await found([broken], "a", OBJECT.piece)
