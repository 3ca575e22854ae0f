"""What the control stores hold, whoever is faster, whatever is lost, and whatever else lies there."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from itertools import product

import pytest

from application.failover.control import NAME, ControlStores, Held
from domain.epochs import Word, in_force
from ports.blobs import BlobInfo
from ports.errors import Conflict, Corrupt, DeadlineExceeded, NotFound, Unavailable, Unexpected
from tests.fakes.blobs import MemoryBlobStore
from tests.unit.application.backups.scenes import lets_out
from tests.unit.application.failover.scenes import begun, scene


class Silent(MemoryBlobStore):
    """A store that is asked and never answers."""

    async def info(self, name: str) -> BlobInfo:
        await asyncio.Event().wait()
        return await super().info(name)


class Forgetful(MemoryBlobStore):
    """A store that takes what it is given, and whose answers are lost."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        await super().create(name, content, sha256=sha256)
        raise Unavailable("lost")


class Restless(MemoryBlobStore):
    """A store in which somebody else is faster each time that it is read."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        info = await self.info(name)
        self._store(name.encode(), self.bucket.blobs[name.encode()][1])
        assert info.tag != (await self.info(name)).tag
        async for chunk in super().read(name, start=start, length=length):
            yield chunk


async def test_a_store_that_does_not_answer_is_gone_on_without() -> None:
    """Its patience over, it counts as out; the others have been asked at the same time."""
    made = await begun()
    stores = [Silent(made.time.clock), *made.stores()[1:]]
    control = ControlStores(stores, patience=0.001)
    answers = await control.answers()
    assert isinstance(answers[0], DeadlineExceeded)
    assert await control.words() == [None, Word(1, "east"), Word(1, "east")]


async def test_what_passes_the_port_of_a_store_is_its_own_failure() -> None:
    """The others are heard all the same, and outvote it."""
    made = await begun()
    stores = made.stores()
    lets_out(stores[0])
    control = ControlStores(stores)
    first, *_ = await control.answers()
    assert isinstance(first, Unexpected)
    assert isinstance(first.__cause__, RuntimeError)
    assert in_force(await control.propose(Word(2, "west"))) == Word(2, "west")


async def test_a_lost_answer_is_looked_into() -> None:
    """The word that the store took is found, though it said that it was out."""
    made = scene(1)
    control = ControlStores([Forgetful(made.time.clock, made.buckets[0])])
    assert await control.propose(Word(1, "east")) == [Word(1, "east")]


async def test_what_is_read_belongs_to_its_tag() -> None:
    """A store in which the word changes while it is read is asked again, and given up after a few times."""
    made = await begun(1)
    (answer,) = await ControlStores([Restless(made.time.clock, made.buckets[0])]).answers()
    assert isinstance(answer, Conflict)


async def test_something_else_in_its_place_is_no_word() -> None:
    """It counts as a store that is out, and nothing is written over it."""
    made = await begun(1)
    store = made.stores()[0]
    await store.replace(NAME, b"{}", tag=(await store.info(NAME)).tag)
    (answer,) = await made.control().answers()
    assert isinstance(answer, Corrupt)
    assert await made.control().propose(Word(9, "west")) == [None]
    assert await made.control().begin(Word(1, "west")) is None


async def test_a_bucket_that_is_missing_is_not_an_empty_store() -> None:
    """It counts as a store that is out: nobody begins where a word may be that nobody sees."""
    made = scene()
    made.buckets[0].missing = True
    answer, *others = await made.control().answers()
    assert isinstance(answer, NotFound)
    assert others == [Held(None), Held(None)]
    assert await made.control().begin(Word(1, "west")) is None
    assert await made.control().words() == [None] * 3


@pytest.mark.parametrize("order", list(product([0, 1], repeat=3)))
async def test_two_rivals_never_both_have_a_majority(order: tuple[int, ...]) -> None:
    """Whoever is first at which store: at most one of two words of the same epoch comes into force."""
    made = await begun()
    rivals = (Word(2, "west", open=False), Word(2, "north", open=False))
    stores = made.stores()
    for store, first in zip(stores, order, strict=True):
        await ControlStores([store]).propose(rivals[first])
    seen = [await made.control().propose(rival) for rival in rivals]
    assert seen[0] == seen[1], "neither takes anything from the other"
    assert in_force(seen[0]) in rivals


async def test_rivals_at_once_leave_one_word_in_each_store() -> None:
    """They run into each other between reading and writing."""
    made = await begun()
    rivals = [Word(2, site, open=False) for site in ("west", "north", "south")]
    await asyncio.gather(*(made.control().propose(rival) for rival in rivals))
    assert all(word in rivals for word in await made.control().words())
