"""Every adapter of the storage port, by fixture; a new one joins here and nowhere else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from tests.contract.storage.harness import Harness, MemoryHarness, SqliteHarness
from tests.fakes.storage import MemoryStorage


@pytest.fixture(params=["memory", "sqlite"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """One adapter with an empty store."""
    made: Harness = MemoryHarness(MemoryStorage())
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        made = SqliteHarness(path, await open_sqlite(path))
    yield made
    await made.close()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """Where the test's store lies."""
    return tmp_path / "store.db"


@pytest.fixture
async def sqlite(sqlite_path: Path) -> AsyncIterator[SqliteStorage]:
    """An empty store in a file."""
    store = await open_sqlite(sqlite_path)
    yield store
    await store.close()
