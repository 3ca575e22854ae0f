"""Group commit: what waits together is synced together, and each caller is told about its own work."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from threading import Event

import pytest

from adapters.sqlite import SqliteStorage
from adapters.sqlite.connections import connect_writer
from adapters.sqlite.statements import put
from adapters.sqlite.writer import GROUP_LIMIT, Writer
from ports.errors import Conflict, ReadOnly, Unavailable, Unexpected
from tests.contract.storage.samples import KIND, TENANT, keys_of, ref, sample
from tests.contract.storage.sqlite.breakable import breaking, open_breakable


@pytest.fixture
async def writer(sqlite: SqliteStorage, sqlite_path: Path) -> AsyncIterator[Writer]:
    """A writer of its own on the store's file."""
    made = Writer(connect_writer(sqlite_path, 5.0), 5.0)
    yield made
    await made.close()


def putting(writer: Writer, key: str) -> Awaitable[None]:
    """Put a record by way of the writer."""
    return writer.write(lambda connection: put(connection, sample(key)))


async def together(writer: Writer, *work: Awaitable[object]) -> list[object]:
    """Have all the work waiting when the writer looks for it, and return each outcome."""
    gate = Event()
    blocker = asyncio.create_task(writer.alone(lambda _: gate.wait(), 5.0))
    await asyncio.sleep(0)
    tasks = [asyncio.ensure_future(one) for one in work]
    await asyncio.sleep(0)
    gate.set()
    await blocker
    return list(await asyncio.gather(*tasks, return_exceptions=True))


@pytest.mark.parametrize("beginning", ["BEGIN", "COMMIT", "INSERT", "ROLLBACK"])
async def test_what_nobody_expects_of_the_driver_ends_no_writer(sqlite_path: Path, beginning: str) -> None:
    """Whichever statement raises it, whoever waits is told, and the next write finds a writer that is well."""
    store = await open_breakable(sqlite_path)
    with breaking(beginning):
        ends = await asyncio.gather(*(store.put(sample(key)) for key in ("a", "b")), return_exceptions=True)
    assert all(end is None or isinstance(end, Unavailable) for end in ends)
    await store.put(sample("c"))
    for key, end in zip(("a", "b"), ends, strict=True):
        assert (await store.get(ref(key)) is None) is (end is not None)
    assert await store.get(ref("c")) == sample("c")
    await store.close()


async def test_what_waits_together_is_synced_once(writer: Writer) -> None:
    """As many puts as a group has room for take one commit, and one more takes another."""
    await together(writer, *(putting(writer, f"{number}") for number in range(GROUP_LIMIT)))
    assert writer.commits == 1
    await together(writer, *(putting(writer, f"more-{number}") for number in range(GROUP_LIMIT + 1)))
    assert writer.commits == 3


async def test_writers_of_one_store_share_commits(sqlite: SqliteStorage) -> None:
    """Concurrent callers of `put` need far fewer syncs than puts."""
    await asyncio.gather(*(sqlite.put(sample(f"{number}")) for number in range(200)))
    assert sqlite.commits <= 100


async def test_a_conflict_concerns_its_caller_only(writer: Writer, sqlite: SqliteStorage) -> None:
    """One of a group is told Conflict, and the others' work is committed with one sync."""
    outcomes = await together(writer, putting(writer, "a"), putting(writer, "a"), putting(writer, "b"))
    assert [type(outcome) for outcome in outcomes] == [type(None), Conflict, type(None)]
    assert writer.commits == 1
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["a", "b"]


async def test_an_error_of_the_engine_concerns_its_caller_only(writer: Writer, sqlite: SqliteStorage) -> None:
    """What breaks the transaction is told to the one who did, and the others' work is done again without it."""
    broken = writer.write(lambda connection: connection.execute("SELECT * FROM nothing"))
    outcomes = await together(writer, putting(writer, "a"), broken, putting(writer, "b"))
    assert [type(outcome) for outcome in outcomes] == [type(None), Unavailable, type(None)]
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["a", "b"]


async def test_a_defect_concerns_its_caller_only(writer: Writer, sqlite: SqliteStorage) -> None:
    """The writer outlives an error that nobody foresaw."""

    def defect(_: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    outcomes = await together(writer, putting(writer, "a"), writer.write(defect), putting(writer, "b"))
    assert [type(outcome) for outcome in outcomes] == [type(None), Unexpected, type(None)]
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["a", "b"]


async def test_a_commit_that_fails_is_told_to_all(writer: Writer, sqlite: SqliteStorage) -> None:
    """Nobody is told that work is durable when its commit failed, and the writer goes on."""
    await writer.alone(lambda connection: connection.execute("PRAGMA foreign_keys = ON"), 5.0)

    def violate_at_commit(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
        connection.execute("INSERT INTO child VALUES (1)")

    outcomes = await together(writer, putting(writer, "a"), writer.write(violate_at_commit))
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert await sqlite.get(ref("a")) is None
    await putting(writer, "a")


async def test_a_full_disk_refuses_and_recovers(writer: Writer, sqlite: SqliteStorage) -> None:
    """What has no room is refused as ReadOnly and leaves no trace, and what has room is stored."""
    await writer.alone(lambda connection: connection.execute("PRAGMA max_page_count = 12"), 5.0)
    large = sample("large", body=b"x" * 100_000)
    refused = writer.write(lambda connection: put(connection, large))
    outcomes = await together(writer, putting(writer, "a"), refused, putting(writer, "b"))
    assert [type(outcome) for outcome in outcomes] == [type(None), ReadOnly, type(None)]
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["a", "b"]


async def test_what_must_run_alone_is_in_no_transaction(writer: Writer, sqlite: SqliteStorage) -> None:
    """A group ends before such work, and those behind it make another group."""
    alone = writer.alone(lambda connection: connection.in_transaction, 5.0)
    outcomes = await together(writer, putting(writer, "a"), alone, putting(writer, "b"))
    assert outcomes == [None, False, None]
    assert writer.commits == 2


async def test_a_transaction_that_was_left_open_is_ended(writer: Writer, sqlite: SqliteStorage) -> None:
    """A writer that cannot begin tells the one it was to begin for, and can begin again afterwards."""
    await writer.alone(lambda connection: connection.execute("BEGIN"), 5.0)
    with pytest.raises(Unavailable):
        await putting(writer, "a")
    await putting(writer, "a")
    assert keys_of(await sqlite.scan(TENANT, KIND)) == ["a"]


async def test_an_error_outside_of_transactions_is_told(writer: Writer) -> None:
    """What runs alone and fails is told to its caller."""
    with pytest.raises(Unavailable):
        await writer.alone(lambda connection: connection.execute("SELECT * FROM nothing"), 5.0)
