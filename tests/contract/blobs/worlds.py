"""One blob store of each kind, and the means to look at it from outside."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from adapters.local.blobs import open_directory
from ports.blobs import BlobStore
from ports.sources import Clock
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.sources import FakeTime


@dataclass(frozen=True)
class World:
    """A blob store and what may happen around it."""

    store: BlobStore
    again: BlobStore
    """Another process's view of the same blobs."""

    now: Clock
    """The time that the store goes by."""

    demolish: Callable[[], Awaitable[None]]
    """The bucket or directory of the store itself disappears."""

    gaps: Mapping[str, str] = field(default_factory=dict)
    """Where a server of the tests is laxer than the real one: the name of the law that fails there, and why."""


Make: TypeAlias = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[World]]
"""Builds a world with whatever fixtures it needs: a folder, or a server that is started when it is first asked for."""


def fake_world(kind: type[MemoryBlobStore] = MemoryBlobStore) -> World:
    """Put a fake, or one of its broken kinds, into a world of its own."""
    time = FakeTime()
    store = kind(time.clock)

    async def demolish() -> None:
        store.bucket.missing = True

    return World(store, kind(time.clock, store.bucket), time.clock, demolish)


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make the fake that all other tests stand on."""
    yield fake_world()


@asynccontextmanager
async def in_a_directory(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a directory."""
    folder: Path = request.getfixturevalue("tmp_path")
    path = folder / "blobs"
    store, again = await open_directory(path), await open_directory(path)

    async def demolish() -> None:
        shutil.rmtree(path)

    yield World(store, again, lambda: datetime.now(UTC), demolish)
    await store.close()
    await again.close()
