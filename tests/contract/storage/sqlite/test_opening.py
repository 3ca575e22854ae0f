"""What a store looks like from outside, and which files are refused."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from adapters.sqlite.connections import DURABLE
from adapters.sqlite.queries import unshipped
from adapters.sqlite.schema import APPLICATION, VERSION
from ports.errors import Corrupt, DeadlineExceeded, NotFound, Unavailable, Unsupported
from ports.storage import Shipping
from tests.contract.storage.samples import KIND, TENANT, fill, ref, sample
from tests.contract.storage.sqlite.processes import line_of, started
from tests.patience import patience


def mode_of(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def database_at(path: Path, *statements: str) -> None:
    """Make a database that is not a store."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def damage(path: Path) -> None:
    """Overwrite everything but the first page, which holds the schema."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


@pytest.fixture
def letter(sqlite_path: Path) -> bytes:
    """Something that is no database, in the store's place."""
    content = b"a letter to somebody\n" * 1000
    sqlite_path.write_bytes(content)
    return content


@pytest.fixture
def lax_mask() -> Iterator[None]:
    """A user whose files everybody may read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def lax_file(sqlite_path: Path) -> Path:
    """An empty file that everybody may read."""
    sqlite_path.touch(0o644)
    return sqlite_path


async def test_every_connection_is_durable(sqlite: SqliteStorage) -> None:
    """Each connection syncs every commit, writes ahead and overwrites what it deletes, as SQLite itself reports."""
    assert DURABLE == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    assert await sqlite.durability() == dict.fromkeys(["writer", "quick reader", "patient reader"], DURABLE)


async def test_files_are_private(lax_mask: None, sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """The database, its log and its shared memory are for their owner alone, whatever the mask is."""
    await fill(sqlite, "a")
    files = sorted(sqlite_path.parent.glob("store.db*"))
    assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
    assert {mode_of(file) for file in files} == {0o600}


async def test_a_lax_file_is_made_private(lax_file: Path) -> None:
    """A file that others could read is closed to them when it is opened."""
    store = await open_sqlite(lax_file)
    assert mode_of(lax_file) == 0o600
    await store.close()


async def test_a_missing_directory_is_named_as_such(tmp_path: Path) -> None:
    """A store is not made somewhere that nobody made."""
    with pytest.raises(NotFound):
        await open_sqlite(tmp_path / "missing" / "store.db")


async def test_a_directory_is_no_store(tmp_path: Path) -> None:
    """What cannot be opened as a file is unavailable, and stays as it is."""
    before = mode_of(tmp_path)
    with pytest.raises(Unavailable):
        await open_sqlite(tmp_path)
    assert mode_of(tmp_path) == before


async def test_an_impossible_name_is_unavailable(tmp_path: Path) -> None:
    """Whatever else the file system says of a file that is to be made is an error of the port's."""
    with pytest.raises(Unavailable):
        await open_sqlite(tmp_path / ("x" * 300))


async def test_another_file_is_corrupt(letter: bytes, sqlite_path: Path) -> None:
    """A file that is no database is not overwritten."""
    with pytest.raises(Corrupt):
        await open_sqlite(sqlite_path)
    assert await asyncio.to_thread(sqlite_path.read_bytes) == letter


@pytest.mark.parametrize("statement", ["CREATE TABLE letters (text)", "PRAGMA user_version = 3"])
async def test_another_database_is_refused(statement: str, sqlite_path: Path) -> None:
    """Another program's database is left as it is."""
    database_at(sqlite_path, statement)
    before = await asyncio.to_thread(sqlite_path.read_bytes)
    with pytest.raises(Unsupported, match="something else"):
        await open_sqlite(sqlite_path)
    assert await asyncio.to_thread(sqlite_path.read_bytes) == before


async def test_a_newer_store_is_refused(sqlite_path: Path) -> None:
    """A release does not touch what a later one has written; the message says which version it met."""
    database_at(sqlite_path, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(Unsupported, match=f"version {VERSION + 1}"):
        await open_sqlite(sqlite_path)


async def test_an_older_store_is_brought_up_to_date(sqlite_path: Path) -> None:
    """A store of the first version is opened with all that it holds, and has the index of this one."""
    store = await open_sqlite(sqlite_path)
    await store.put_many([sample("a", shipping=Shipping.DONE), sample("b")])
    await store.close()
    database_at(
        sqlite_path,
        "DROP INDEX records_unshipped",
        "CREATE INDEX records_unshipped ON records (updated, tenant, kind, key) WHERE shipping = 0",
        "PRAGMA user_version = 1",
    )
    for _ in range(2):
        store = await open_sqlite(sqlite_path)
        assert await store.scan(TENANT, KIND) == [sample("a", shipping=Shipping.DONE), sample("b")]
        assert await store.unshipped(10) == [sample("b")]
        await store.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {unshipped(10).text()}").fetchall()
        assert "USING INDEX records_unshipped" in plan[3]
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


async def test_damage_is_found(sqlite_path: Path) -> None:
    """A page that is not as it was written is Corrupt, both in reading and in writing, and never an empty answer."""
    store = await open_sqlite(sqlite_path)
    await fill(store, *(f"{number:04}" for number in range(500)))
    await store.close()
    damage(sqlite_path)
    store = await open_sqlite(sqlite_path)
    for call in (
        store.get(ref("0001")),
        store.scan(TENANT, KIND),
        store.put(sample("0001", 2)),
        store.check(),
    ):
        with pytest.raises(Corrupt):
            await call
    await store.close()


async def test_a_new_file_can_be_opened_by_many_at_once(sqlite_path: Path) -> None:
    """Whoever comes first makes the schema, and the others find it."""
    stores = await asyncio.gather(*(open_sqlite(sqlite_path) for _ in range(8)))
    await stores[0].put(sample("a"))
    assert [await store.get(ref("a")) for store in stores] == [sample("a")] * 8
    for store in stores:
        await store.close()


async def test_opening_has_a_deadline(sqlite_path: Path) -> None:
    """A new file that another process has locked cannot be made a store, and opening does not wait for ever."""
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        with pytest.raises(DeadlineExceeded):
            await open_sqlite(sqlite_path, deadline=0.2)


async def test_a_store_can_be_opened_while_another_writes(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """Opening a store that exists waits for no lock."""
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        other = await open_sqlite(sqlite_path, deadline=patience(1))
        await other.check()
        await other.close()


async def test_a_closed_store_is_unavailable(sqlite: SqliteStorage) -> None:
    """After closing, which may happen twice, every call says so."""
    await sqlite.close()
    await sqlite.close()
    for call in (sqlite.get(ref("a")), sqlite.put(sample("a")), sqlite.scan(TENANT, KIND), sqlite.erase(TENANT)):
        with pytest.raises(Unavailable):
            await call


async def test_closing_leaves_one_file(sqlite_path: Path) -> None:
    """The last one to close leaves no log behind, and commits what was waiting."""
    store = await open_sqlite(sqlite_path)
    waiting = asyncio.create_task(store.put(sample("a")))
    await asyncio.sleep(0)
    await store.close()
    await waiting
    assert list(sqlite_path.parent.glob("*")) == [sqlite_path]
