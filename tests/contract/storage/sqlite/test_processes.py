"""Several processes on one file, and processes that die."""

import asyncio
from pathlib import Path

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from ports.storage import SCAN_LIMIT
from tests.contract.storage.samples import KIND, TENANT, keys_of, ref, sample
from tests.contract.storage.sqlite.child import BATCH, RACES
from tests.contract.storage.sqlite.processes import killed_after, line_of, started, tell
from tests.rounds import rounds


async def test_each_revision_is_won_once(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """Of two processes that put the same revision one commits and the other is told Conflict, revision by revision."""
    with started("race", sqlite_path) as one, started("race", sqlite_path) as other:
        for process in (one, other):
            assert line_of(process) == "ready"
        for process in (one, other):
            tell(process)
        won = [await asyncio.to_thread(line_of, process) for process in (one, other)]
    assert sorted(int(rev) for line in won for rev in line.split()) == list(range(1, RACES + 1))


async def test_no_update_is_lost(sqlite: SqliteStorage, sqlite_path: Path) -> None:
    """Two processes that count up the same record count to the sum, and this one sees it at once."""
    await sqlite.put(sample("counter", body=b"0"))
    with started("count", sqlite_path) as one, started("count", sqlite_path) as other:
        for process in (one, other):
            assert await asyncio.to_thread(process.wait) == 0
    assert await sqlite.get(ref("counter")) == sample("counter", 2 * RACES + 1, b"%d" % (2 * RACES))


@pytest.mark.parametrize("lines", [1 + 97 * attempt for attempt in range(rounds(5))])
async def test_what_was_acknowledged_survives_a_kill(lines: int, sqlite_path: Path) -> None:
    """A process is killed amid a stream of puts; every put that it had acknowledged is there."""
    acknowledged = killed_after(lines, "stream", sqlite_path)
    store = await open_sqlite(sqlite_path)
    stored: set[str] = set()
    while page := keys_of(await store.scan(TENANT, KIND, after=max(stored, default=None))):
        stored.update(page)
    await store.close()
    assert len(acknowledged) >= lines
    assert set(acknowledged) <= stored


@pytest.mark.parametrize("lines", [1 + 7 * attempt for attempt in range(rounds(2))])
async def test_a_batch_survives_a_kill_as_a_beginning(lines: int, sqlite_path: Path) -> None:
    """A process is killed amid batches; each acknowledged one is whole, and no batch has a gap."""
    acknowledged = killed_after(lines, "batches", sqlite_path)
    store = await open_sqlite(sqlite_path)
    stored = keys_of(await store.scan(TENANT, KIND))
    await store.close()
    assert len(stored) < SCAN_LIMIT
    assert len(stored) >= BATCH * len(acknowledged)
    assert stored == [f"{number // BATCH:06}/{number % BATCH:02}" for number in range(len(stored))]


async def test_a_crash_within_a_group_leaves_nothing_of_it(sqlite_path: Path) -> None:
    """Nobody in the group had been told anything, so nothing of the group is there, and the file is sound."""
    with started("die", sqlite_path) as process:
        assert await asyncio.to_thread(process.wait) == 9
    store = await open_sqlite(sqlite_path)
    assert await store.scan(TENANT, KIND) == []
    await store.put(sample("first"))
    await store.close()
