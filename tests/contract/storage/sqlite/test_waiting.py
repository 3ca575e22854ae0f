"""Locks that others hold, reads that take long, and an event loop that goes on meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from adapters.sqlite.queries import unshipped
from adapters.sqlite.reader import Reader
from adapters.sqlite.schema import bring_up_to_date
from ports.errors import DeadlineExceeded, Unavailable
from ports.rows import rows_of
from tests.contract.storage.samples import KIND, TENANT, fill, keys_of, ref, sample
from tests.contract.storage.sqlite.processes import line_of, started, tell
from tests.patience import patience

T = TypeVar("T")
BEAT = 0.002


class Heart:
    """Counts how often the event loop comes round."""

    beats = 0

    async def beaten(self, times: int) -> None:
        """Return when it has beaten so often since now."""
        until = self.beats + times
        async with asyncio.timeout(patience(10)):
            while self.beats < until:
                await asyncio.sleep(BEAT)

    async def beat(self) -> None:
        """Beat for ever."""
        while True:
            await asyncio.sleep(BEAT)
            self.beats += 1


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Heart]:
    """Let a heart beat meanwhile."""
    heart = Heart()
    task = asyncio.create_task(heart.beat())
    yield heart
    task.cancel()


async def gave_way(call: Awaitable[T]) -> tuple[bool, T]:
    """Return whether others had their turn while the call was under way, and its result."""
    turns: list[None] = []
    asyncio.get_running_loop().call_soon(turns.append, None)
    result = await call
    return bool(turns), result


async def test_the_loop_goes_on_while_another_process_writes(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """While somebody else holds the lock a put waits and everything else goes on, reading included."""
    await fill(sqlite, "a")
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        async with heartbeat() as heart:
            put = asyncio.create_task(sqlite.put(sample("b")))
            await heart.beaten(5)
            assert await sqlite.get(ref("a")) == sample("a")
            await heart.beaten(5)
            assert not put.done()
        tell(holder)
        await put
    assert await sqlite.get(ref("b")) == sample("b")


async def test_a_lock_that_is_held_too_long_is_a_deadline(sqlite_path: Path) -> None:
    """A put that never got the lock ends at its deadline and is not stored afterwards."""
    store = await open_sqlite(sqlite_path, deadline=patience(0.5))
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        puts = [store.put(sample(key)) for key in "ab"]
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [DeadlineExceeded, DeadlineExceeded]
        tell(holder)
        assert holder.wait() == 0
    await store.put(sample("c"))
    assert keys_of(await store.scan(TENANT, KIND)) == ["c"]
    await store.close()


async def test_a_caller_who_leaves_is_not_waited_for(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """A put that is cancelled before it began is not stored, and those behind it are."""
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        puts = [asyncio.create_task(sqlite.put(sample(key))) for key in "abc"]
        await asyncio.sleep(0.1)
        puts[0].cancel()
        tell(holder)
        await asyncio.gather(*puts, return_exceptions=True)
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["b", "c"]


async def test_a_small_read_needs_no_thread(sqlite: SqliteStorage) -> None:
    """What is asked for with every request is answered at once."""
    await fill(sqlite, "a", "b")
    assert await gave_way(sqlite.get(ref("a"))) == (False, sample("a"))
    assert await gave_way(sqlite.scan(TENANT, KIND, limit=64)) == (False, [sample("a"), sample("b")])


async def test_the_loop_goes_on_during_a_large_scan(sqlite: SqliteStorage) -> None:
    """A long page and a page of large bodies are read in a thread."""
    for number in range(6):
        await sqlite.put_many([sample(f"{number}{place:03}", body=b"x" * 60_000) for place in range(100)])
    async with heartbeat() as heart:
        assert len(await sqlite.scan(TENANT, KIND)) == 600
        assert heart.beats
    gave, page = await gave_way(sqlite.scan(TENANT, KIND, limit=60))
    assert (gave, len(page)) == (True, 60)
    gave, _ = await gave_way(sqlite.get(ref("0000")))
    assert gave


async def test_the_loop_goes_on_while_tombstones_are_passed_over(sqlite: SqliteStorage) -> None:
    """A scan that returns little but must look at much is read in a thread."""
    await sqlite.apply(rows_of([sample(f"{number:06}", body=None) for number in range(20_000)]))
    await fill(sqlite, "1")
    assert await gave_way(sqlite.scan(TENANT, KIND, limit=1)) == (True, [sample("1")])


async def test_a_read_that_finds_a_lock_waits_in_a_thread(sqlite_path: Path) -> None:
    """Where even reading is locked, as while a log is recovered, the event loop goes on until the read may, too."""
    locker, quick, patient = (
        sqlite3.connect(sqlite_path, timeout=timeout, isolation_level=None, check_same_thread=False)
        for timeout in (0, 0, patience(5))
    )
    bring_up_to_date(locker)
    reader = Reader(quick, patient, deadline=patience(5))
    # In a database that does not write ahead, whoever writes locks out the readers.
    locker.execute("BEGIN EXCLUSIVE")
    async with heartbeat() as heart:
        reading = asyncio.create_task(reader.records(unshipped(1)))
        await heart.beaten(5)
        assert not reading.done()
        locker.execute("ROLLBACK")
        assert await reading == []
    await reader.close()
    locker.close()


async def test_a_read_has_a_deadline(sqlite_path: Path) -> None:
    """A read that takes longer than it may is given up."""
    store = await open_sqlite(sqlite_path)
    await store.put_many([sample(f"{place:03}", body=b"x" * 100_000) for place in range(300)])
    await store.close()
    store = await open_sqlite(sqlite_path, deadline=patience(0.5))
    # One after the other; together they take longer than any deadline here, and what is given up is not begun.
    with pytest.raises(Unavailable):
        await asyncio.gather(*(store.scan(TENANT, KIND) for _ in range(2_000)))
    await store.close()
