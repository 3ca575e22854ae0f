"""What is erased is not in the files any more, and the log stays small."""

import asyncio
import sqlite3
from pathlib import Path
from random import Random

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from adapters.sqlite.connections import connect_writer
from adapters.sqlite.statements import delete, mark_shipped, put
from ports.errors import DeadlineExceeded
from ports.storage import Ref
from tests.contract.storage.samples import KIND, TENANT, fill, later, sample
from tests.contract.storage.sqlite.processes import holds, line_of, started, tell
from tests.patience import patience

ERASED, OTHERS = "canary-tenant", [f"tenant-{number}" for number in range(8)]
CANARY = "canary-body"


def live(path: Path, turns: int) -> None:
    """Create, change and delete records of all sizes and tenants for a while: pages are split and joined."""
    chance = Random(7)
    revs: dict[Ref, int] = {}
    connection = connect_writer(path, 5.0)
    connection.execute("BEGIN")
    for _ in range(turns):
        tenant = chance.choice([ERASED, *OTHERS])
        place = Ref(tenant, KIND, f"{tenant}/{chance.randrange(300):03}")
        if place in revs and chance.random() < 0.3:
            delete(connection, place, revs[place])
            mark_shipped(connection, [(place, revs.pop(place) + 1)])
            continue
        revs[place] = revs.get(place, 0) + 1
        content = CANARY if tenant == ERASED else "x" * len(CANARY)
        body = content.encode() * chance.choice([1, 5, 30, 300, 900])
        moment = later(chance.randrange(10_000))
        put(connection, sample(place, revs[place], body, due=moment, updated=moment, generation=chance.randrange(3)))
    connection.execute("COMMIT")
    connection.close()


async def test_no_byte_of_an_erased_tenant_is_left(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """After a life of splitting and joining pages, neither body nor key of the tenant is in the file or its log."""
    live(sqlite_path, 5000)
    log = sqlite_path.with_name("store.db-wal")
    assert holds(sqlite_path, CANARY)
    assert holds(log, CANARY)
    assert await sqlite.erase(ERASED)
    for file in (sqlite_path, log):
        assert not holds(file, CANARY)
        assert not holds(file, ERASED)
    assert log.stat().st_size == 0
    assert holds(sqlite_path, OTHERS[0])


async def test_erasing_waits_for_readers(sqlite_path: Path) -> None:
    """While somebody reads the old state it cannot be gone: erasing says so by its deadline, and can be repeated."""
    store = await open_sqlite(sqlite_path, deadline=patience(0.5))
    await fill(store, "a")
    reader = sqlite3.connect(sqlite_path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM records").fetchall()
    with pytest.raises(DeadlineExceeded):
        await store.erase(TENANT)
    reader.close()
    await store.erase(TENANT)
    assert sqlite_path.with_name("store.db-wal").stat().st_size == 0
    await store.close()


async def test_erasing_waits_for_writers(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """Another process that writes delays an erasure, and does not undo or fail it."""
    await fill(sqlite, "a")
    with started("hold", sqlite_path) as holder:
        assert line_of(holder) == "held"
        erasing = asyncio.create_task(sqlite.erase(TENANT))
        await asyncio.sleep(0.2)
        assert not erasing.done()
        tell(holder)
        assert await erasing == 1


async def test_the_log_stays_small(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """However much is written, and with somebody reading all the while, the log is copied back and used again."""
    log, largest = sqlite_path.with_name("store.db-wal"), 0
    await sqlite.put_many([sample(f"{place:03}", body=b"x" * 20_000) for place in range(100)])

    async def read() -> None:
        while True:
            await sqlite.scan(TENANT, KIND)

    reading = asyncio.create_task(read())
    for rev in range(2, 42):
        await sqlite.put_many([sample(f"{place:03}", rev, b"x" * 20_000) for place in range(100)])
        largest = max(largest, log.stat().st_size)
    reading.cancel()
    assert largest < 40 << 20
