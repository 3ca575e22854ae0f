"""Blobs as files in a directory of a local file system.

Beneath the directory lie `blobs`, `drafts` and `lock`. A blob is written as a draft, synced, and then linked to its
path, which fails if there is one already; a replacement is moved there under the lock. All folders are synced.
"""

import hashlib
import os
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from adapters.local.drafts import HEADER_SIZE, Draft, sweep_drafts
from adapters.local.files import locked, make_folder, sync_folder
from adapters.local.listing import walk
from adapters.local.names import path_of
from adapters.local.readings import Reading
from adapters.local.threads import DEADLINE, Threads
from ports.blob_checks import check_limit, check_range, checked_name, checked_text
from ports.blobs import LIST_LIMIT, BlobInfo, Capability
from ports.errors import AlreadyExists, Conflict, DeadlineExceeded, Unsupported

THREADS: Final = 4

WRITTEN_AT_ONCE: Final = 4 * 1024 * 1024
"""How many bytes of content are held before any is written: what is smaller takes one turn of a thread."""


async def open_directory(path: Path, *, deadline: float = DEADLINE) -> "DirectoryBlobStore":
    """Make the directory where there is none, remove what dead processes have begun, and return the store.

    Only the last component is made. Each call of the store takes at most `deadline` seconds, a stream's for each
    chunk. Raises as the store's methods do.
    """
    store = DirectoryBlobStore(path, deadline=deadline)
    try:
        await store.prepare()
    except BaseException:
        await store.close()
        raise
    return store


class DirectoryBlobStore:
    """A `BlobStore` in a directory that has been made by `open_directory`."""

    capabilities: frozenset[Capability] = frozenset({Capability.ANY_UNICODE_NAME})

    def __init__(self, path: Path, *, deadline: float = DEADLINE) -> None:
        self._root = path
        self._blobs = path / "blobs"
        self._drafts = path / "drafts"
        self._lock = path / "lock"
        self._threads = Threads(THREADS, deadline)

    async def prepare(self) -> None:
        """Make what is missing of the store's own folders, and sweep abandoned drafts."""
        await self._threads.run(self._prepare)

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        path = self._path(name)
        draft, size = Draft(self._drafts, sha256), 0
        waiting = deque[bytes]()
        try:
            async for chunk in content:
                waiting.append(chunk)
                size += len(chunk)
                if size >= WRITTEN_AT_ONCE:
                    await self._threads.run(draft.write, waiting)
                    waiting, size = deque(), 0
            return await self._threads.run(self._publish, draft, waiting, path)
        except DeadlineExceeded:
            self._threads.start(draft.discard)
            raise
        except BaseException:
            await self._threads.run(draft.discard)
            raise

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        return await self._threads.run(self._replace, name, self._path(name), content, tag)

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_range(length)
        reading = Reading(self._path(name), start, length)
        try:
            while not reading.ended:
                yield await self._threads.run(reading.next)
        finally:
            self._threads.start(reading.close)

    async def info(self, name: str) -> BlobInfo:
        return await self._threads.run(_info, name, self._path(name))

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        check_limit(limit)
        return await self._threads.run(
            _page, self._blobs, checked_text("prefix", prefix), checked_text("name", after or ""), limit
        )

    async def delete(self, name: str) -> None:
        await self._threads.run(self._delete, self._path(name))

    async def retain(self, name: str, until: datetime) -> NoReturn:  # noqa: ARG002 - the port's signature
        raise Unsupported("a directory cannot lock its files")

    async def check(self) -> None:
        await self._threads.run(self._blobs.stat)

    async def close(self) -> None:
        self._threads.close()

    def _path(self, name: str) -> Path:
        return self._blobs / path_of(checked_name(name))

    def _prepare(self) -> None:
        for folder in (self._root, self._blobs, self._drafts):
            make_folder(folder)
        sweep_drafts(self._drafts)

    def _publish(self, draft: Draft, last: Iterable[bytes], path: Path) -> str:
        """Under the lock, because `delete` removes folders that have become empty."""
        draft.write(last)
        finished = draft.finish()
        with locked(self._lock):
            for folder in reversed(path.relative_to(self._blobs).parents[:-1]):
                make_folder(self._blobs / folder)
            try:
                path.hardlink_to(finished)
            except FileExistsError as exc:
                raise AlreadyExists("there is a blob of that name") from exc
            sync_folder(path.parent)
        draft.discard()
        return draft.tag

    def _replace(self, name: str, path: Path, content: bytes, tag: str) -> str:
        draft = Draft(self._drafts, hashlib.sha256(content).digest())
        try:
            draft.write([content])
            finished = draft.finish()
            with locked(self._lock):
                if _info(name, path).tag != tag:
                    raise Conflict(name)
                finished.replace(path)
                sync_folder(path.parent)
            return draft.tag
        finally:
            draft.discard()

    def _delete(self, path: Path) -> None:
        with locked(self._lock):
            path.unlink()
            sync_folder(path.parent)
            with suppress(OSError):  # The first folder that is not empty ends it; an empty one does no harm.
                for folder in path.relative_to(self._blobs).parents[:-1]:
                    (self._blobs / folder).rmdir()


def _page(blobs: Path, prefix: bytes, after: bytes, limit: int) -> list[BlobInfo]:
    blobs.stat()
    found: list[BlobInfo] = []
    for name, path in walk(blobs, prefix, after):
        with suppress(FileNotFoundError):  # It has been deleted since its folder was read.
            found.append(_info(name.decode(), path))
        if len(found) == limit:
            break
    return found


def _info(name: str, path: Path) -> BlobInfo:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        tag = file.read(HEADER_SIZE).hex()
    return BlobInfo(name, status.st_size - HEADER_SIZE, tag, datetime.fromtimestamp(status.st_mtime, UTC))
