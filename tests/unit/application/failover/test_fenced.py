"""Behind a closed fence everything can be read and nothing written."""

from collections.abc import Awaitable, Callable

import pytest

from application.failover.fence import Fence
from application.failover.fenced import FencedStorage
from application.sealing.commits import commit
from domain.epochs import CONFIRMED_FOR, Word
from ports.errors import ReadOnly, Unavailable
from ports.rows import rows_of
from ports.storage import Record, Ref, Storage
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.failover.scenes import Scene, begun

REF = Ref("tenant", "kind", "key")


def record(time: FakeTime, rev: int = 1) -> Record:
    """Return a revision of the one record."""
    return Record(REF, rev, b"body", time.now, generation=1, due=time.now)


WRITES: dict[str, Callable[[Storage, FakeTime], Awaitable[object]]] = {
    "put": lambda storage, time: storage.put(record(time, 2)),
    "put_many": lambda storage, time: storage.put_many([record(time, 2)]),
    "delete": lambda storage, _: storage.delete(REF, 1),
    "mark_shipped": lambda storage, _: storage.mark_shipped([(REF, 1)]),
    "apply": lambda storage, time: storage.apply(rows_of([record(time, 2)])),
    "erase": lambda storage, _: storage.erase("tenant"),
}
READS: dict[str, Callable[[Storage, FakeTime], Awaitable[object]]] = {
    "get": lambda storage, _: storage.get(REF),
    "scan": lambda storage, _: storage.scan("tenant", "kind"),
    "everything": lambda storage, _: storage.everything(1),
    "due": lambda storage, time: storage.due("kind", time.now, 1),
    "unshipped": lambda storage, _: storage.unshipped(1),
    "sealed_below": lambda storage, _: storage.sealed_below("tenant", 9, 1),
    "holdings": lambda storage, _: storage.holdings("tenant"),
    "check": lambda storage, _: storage.check(),
}


async def fenced(storage: MemoryStorage | None = None) -> tuple[FencedStorage, Fence, Scene]:
    """Return a storage that holds one record, behind a fence that has been confirmed just now."""
    made, inner = await begun(), storage or MemoryStorage()
    await inner.put(record(made.time))
    fence = made.fence("east")
    await fence.confirm()
    return FencedStorage(inner, fence), fence, made


@pytest.mark.parametrize("name", WRITES)
async def test_an_open_fence_lets_writes_through(name: str) -> None:
    """As if it were not there: what is stored then is what the storage without a fence stores."""
    inner = MemoryStorage()
    storage, _, made = await fenced(inner)
    plain = MemoryStorage()
    await plain.put(record(made.time))
    before = dict(plain.records)
    await WRITES[name](storage, made.time)
    await WRITES[name](plain, made.time)
    assert inner.records == plain.records != before


@pytest.mark.parametrize("name", WRITES)
async def test_a_closed_fence_lets_no_write_through(name: str) -> None:
    """Nothing reaches the storage."""
    inner = MemoryStorage()
    storage, _, made = await fenced(inner)
    made.time.go_on(seconds=CONFIRMED_FOR)
    before = dict(inner.records)
    with pytest.raises(ReadOnly):
        await WRITES[name](storage, made.time)
    assert inner.records == before


@pytest.mark.parametrize("name", READS)
async def test_reads_go_on_behind_a_closed_fence(name: str) -> None:
    """Whoever writes: they tell what the storage tells without a fence."""
    inner = MemoryStorage()
    storage, _, made = await fenced(inner)
    made.time.go_on(seconds=CONFIRMED_FOR)
    asked = inner.round_trips
    found = await READS[name](storage, made.time)
    assert inner.round_trips == asked + 1
    assert found == await READS[name](inner, made.time)
    assert found or name == "check", "there is a record to be found"
    await storage.close()


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_during_which_the_fence_closed_is_not_acknowledged(name: str) -> None:
    """The process may have been stopped in between, and another site may write by now."""
    made = await begun()

    class Stopped(MemoryStorage):
        async def _travel(self) -> None:
            made.time.go_on(seconds=CONFIRMED_FOR)

    inner = Stopped()
    inner.records[REF] = record(made.time)
    fence = made.fence("east")
    await fence.confirm()
    with pytest.raises(ReadOnly):
        await WRITES[name](FencedStorage(inner, fence), made.time)


async def test_a_lost_answer_behind_a_closed_fence_is_no_success() -> None:
    """Stored, its answer lost, and the second try meets the new epoch: nobody is told that it is in."""
    made = await begun()

    class Lossy(MemoryStorage):
        async def put(self, record: Record) -> None:
            await made.control().propose(Word(2, "west"))
            await fence.confirm()
            raise Unavailable("lost")

    fence = made.fence("east")
    await fence.confirm()
    with pytest.raises(ReadOnly):
        await commit(FencedStorage(Lossy(), fence), [record(made.time)])
