"""Blob stores of this machine: the fake that all other tests stand on, and a directory."""

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.local.blobs import open_directory
from ports.blobs import BlobStore
from ports.errors import DeadlineExceeded, PermissionDenied
from tests.contract.blobs.worlds import Stalling, World, real_time
from tests.drivers import broken_files, unexpected
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.sources import FakeTime
from tests.patience import patience

_FAKE_PART: Final = 1 << 20

_AT_ONCE: Final = 0.05
_SOON: Final = 0.5

_ROOT: Final = {"whoever_may_nothing_is_told_so": "the tests run as root, whom no file system refuses anything"}


def fake_world(kind: type[MemoryBlobStore] = MemoryBlobStore) -> World:
    """Put a fake, or one of its broken kinds, into a world of its own."""
    time = FakeTime()
    store = kind(time.clock)
    # It has been asked what it can do, as the worlds of other stores ask theirs.
    store.capabilities = store.can

    async def demolish() -> None:
        store.bucket.missing = True

    async def pass_time(passing: timedelta) -> None:
        time.go_on(seconds=passing.total_seconds())

    async def leftovers() -> int:
        return store.bucket.begun

    async def barred() -> BlobStore:
        refused = kind(time.clock, store.bucket)
        refused.failure = PermissionDenied("not for you")
        return refused

    @asynccontextmanager
    async def stalling() -> AsyncIterator[Stalling]:
        stalled = kind(time.clock, store.bucket)

        async def begin() -> None:
            stalled.failure = DeadlineExceeded("no answer")

        async def end() -> None:
            stalled.failure = None

        def lose(step: int) -> Callable[[], bool]:
            stalled.lost_in = step
            return lambda: stalled.lost_in < 1

        # Nothing of it waits for real, but for what breaks a law.
        yield Stalling(stalled, patience(_AT_ONCE), begin, end, lose=lose)

    @contextmanager
    def broken() -> Iterator[None]:
        store.broken = unexpected()
        yield
        store.broken = None

    again = kind(time.clock, store.bucket)
    return World(store, again, time.clock, pass_time, demolish, leftovers, stalling, barred, broken, _FAKE_PART)


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make the fake."""
    yield fake_world()


@asynccontextmanager
async def in_a_directory(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a directory."""
    folder: Path = request.getfixturevalue("tmp_path")
    path = folder / "blobs"
    store, again = await open_directory(path), await open_directory(path)

    async def demolish() -> None:
        shutil.rmtree(path)

    async def leftovers() -> int:
        return len(list((path / "drafts").iterdir()))

    async def barred() -> BlobStore:
        (path / "blobs").chmod(0)
        (path / "drafts").chmod(0)
        return again

    @asynccontextmanager
    async def stalling() -> AsyncIterator[Stalling]:
        deadline = patience(_SOON)
        stalled = await open_directory(path, deadline=deadline)
        with (path / "lock").open("wb") as lock:
            disk = _Disk(path / "blobs", folder / "stuck", lock.fileno())
            yield Stalling(stalled, deadline, disk.stop, disk.go_on, frozenset({"check"}))
        await stalled.close()

    gaps = _ROOT if os.geteuid() == 0 else {}

    def now() -> datetime:
        return datetime.now(UTC)

    yield World(store, again, now, real_time, demolish, leftovers, stalling, barred, broken_files, _FAKE_PART, gaps)
    await store.close()
    await again.close()


class _Disk:
    """Stands still: whoever opens a blob waits for a pipe to begin, and whoever writes waits for the lock."""

    def __init__(self, blobs: Path, aside: Path, lock: int) -> None:
        self._blobs = blobs
        self._aside = aside
        self._lock = lock
        self._pipes: list[Path] = []

    async def stop(self) -> None:
        """Put a pipe in the place of every blob."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._aside.mkdir()
        for number, blob in enumerate(path for path in self._blobs.rglob("*") if path.is_file()):
            blob.rename(self._aside / str(number))
            os.mkfifo(blob)
            self._pipes.append(blob)

    async def go_on(self) -> None:
        """Put the blobs back, and let go whoever waits."""
        for number, blob in enumerate(self._pipes):
            waited_for = self._aside / f"pipe-{number}"
            blob.rename(waited_for)
            (self._aside / str(number)).rename(blob)
            os.close(os.open(waited_for, os.O_RDWR))
        fcntl.flock(self._lock, fcntl.LOCK_UN)
