"""The blob port in memory: what every store must do, in the fewest words."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import datetime
from itertools import count
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from ports.blob_checks import check_limit, check_range, checked_name, checked_text
from ports.blobs import LIST_LIMIT, BlobInfo, Capability
from ports.edges import port_error_of
from ports.errors import (
    AlreadyExists,
    Conflict,
    Corrupt,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
    Unsupported,
)
from ports.sources import Clock


class Bucket(msgspec.Struct):
    """What several stores, as if in several processes, can look into."""

    blobs: dict[bytes, tuple[BlobInfo, bytes]] = msgspec.field(default_factory=dict)
    """By name in UTF-8; for tests to look at."""

    tags: Iterator[int] = msgspec.field(default_factory=count)
    begun: int = 0
    """How many creations have begun and not ended."""

    missing: bool = False


class MemoryBlobStore:
    """A `BlobStore` that can do everything, and says so once it has been asked, as buckets of clouds do.

    `failure`, while it is set, is what every call raises. Of the deletions from now on, the answer to the one numbered
    `lost_in` is lost, counted from 1.
    """

    can: frozenset[Capability] = frozenset(Capability)

    def __init__(self, clock: Clock, bucket: Bucket | None = None) -> None:
        self.capabilities: frozenset[Capability] = frozenset()
        self.bucket = bucket or Bucket()
        self.failure: PortError | None = None
        self.broken: Iterator[Exception] | None = None
        """What a driver would raise, call by call."""

        self.lost_in = 0
        self._clock = clock

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        encoded = checked_name(name)
        self.bucket.begun += 1
        try:
            whole = b"".join([chunk async for chunk in content])
        finally:
            self.bucket.begun -= 1
        self._answer()
        if hashlib.sha256(whole).digest() != sha256:
            raise Corrupt("the content does not match its digest")
        self._check_free(encoded)
        return self._store(encoded, whole).tag

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        info = await self.info(name)
        self._check_tag(info, tag)
        self._check_retention(info)
        return self._store(name.encode(), content).tag

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_range(length)
        content = self._find(name)[1][start:] if start < 0 else self._find(name)[1][max(start, 0) :]
        yield content if length is None else content[:length]

    async def info(self, name: str) -> BlobInfo:
        return self._find(name)[0]

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        check_limit(limit)
        begin, beyond = checked_text("prefix", prefix), checked_text("name", after or "")
        self._answer()
        found = sorted(name for name in self.bucket.blobs if name.startswith(begin) and name > beyond)
        return [self.bucket.blobs[name][0] for name in found[:limit]]

    async def delete(self, name: str) -> None:
        self._check_retention(self._find(name)[0])
        del self.bucket.blobs[name.encode()]
        self.lost_in -= 1
        if self.lost_in == 0:
            raise Unavailable("the answer is lost")

    async def retain(self, name: str, until: datetime) -> None:
        info, content = self._find(name)
        self.capabilities = self.can
        if Capability.RETENTION not in self.can:
            raise Unsupported("the bucket does not lock objects")
        if info.retained_until is not None and until < info.retained_until:
            raise InvalidArgument("a lock is never shortened")
        self.bucket.blobs[name.encode()] = (replace(info, retained_until=until), content)

    async def check(self) -> None:
        self._answer()
        self.capabilities = self.can

    async def close(self) -> None:
        """Nothing is held."""

    def _find(self, name: str) -> tuple[BlobInfo, bytes]:
        encoded = checked_name(name)
        self._answer()
        if encoded not in self.bucket.blobs:
            raise NotFound("there is no blob of that name")
        return self.bucket.blobs[encoded]

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = BlobInfo(name.decode(), len(content), f"tag-{next(self.bucket.tags)}", self._clock())
        self.bucket.blobs[name] = (info, content)
        return info

    def _check_free(self, name: bytes) -> None:
        if name in self.bucket.blobs:
            raise AlreadyExists("there is a blob of that name")

    def _check_tag(self, info: BlobInfo, tag: str) -> None:
        if info.tag != tag:
            raise Conflict(info.name)

    def _check_retention(self, info: BlobInfo) -> None:
        if info.retained_until is not None and self._clock() < info.retained_until:
            raise PermissionDenied("the blob is retained")

    def _break(self, error: Exception) -> NoReturn:
        raise port_error_of(error) from error

    def _answer(self) -> None:
        if self.broken is not None:
            self._break(next(self.broken))
        if self.failure is not None:
            raise self.failure
        if self.bucket.missing:
            raise NotFound("the bucket is missing")
