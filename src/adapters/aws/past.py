"""A bucket as it was at a moment: what was since put over an object, or hides it, is looked past.

A bucket that locks objects keeps every version of them, so nobody who may only add takes anything away from it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.aws.bucket import Bucket, tag_of, uncontended
from adapters.aws.downloads import Download
from adapters.aws.threads import Threads
from ports.blob_checks import check_limit, check_range, checked_name, checked_text
from ports.blobs import LIST_LIMIT, BlobInfo, BlobStore, Capability
from ports.errors import NotFound, PermissionDenied, Unsupported

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import DeleteMarkerEntryTypeDef, ListObjectVersionsOutputTypeDef, ObjectVersionTypeDef


class _Version(NamedTuple):
    """The newest thing that happened to a key before the moment."""

    info: BlobInfo
    id: str | None
    """None where the object was hidden by then."""


class _Versions:
    """Looks at what has happened in a bucket before a moment; one call at a time for each thread."""

    def __init__(self, bucket: Bucket, folder: str, before: datetime) -> None:
        self._bucket = bucket
        self._folder = folder
        self._before = before

    def newest(self, name: str) -> _Version | None:
        """Return what happened last to one key before the moment; it comes before all keys that begin with it."""
        newest: dict[str, _Version] = {}
        for page in self._pages(name, ""):
            self._note(page, newest)
            if any(self._name(each["Key"]) != name for each in _events(page)):
                break
        return newest.get(name)

    def page(self, prefix: str, after: str, limit: int) -> list[BlobInfo]:
        """Look until more names are known than wanted: of the last one there may be more to come."""
        newest: dict[str, _Version] = {}
        there: list[BlobInfo] = []
        for page in self._pages(prefix, after):
            self._note(page, newest)
            infos = [each.info for name, each in newest.items() if each.id is not None and name > after]
            there = sorted(infos, key=lambda info: info.name.encode())
            if len(there) > limit:
                break
        return there[:limit]

    def _pages(self, prefix: str, after: str) -> Iterator["ListObjectVersionsOutputTypeDef"]:
        start: dict[str, Any] = {"KeyMarker": self._folder + after} if after else {}
        paginator = self._bucket.patient.get_paginator("list_object_versions")
        yield from paginator.paginate(Bucket=self._bucket.name, Prefix=self._folder + prefix, **start)

    def _note(self, page: "ListObjectVersionsOutputTypeDef", newest: dict[str, _Version]) -> None:
        """Take note of what comes later, but before the moment; of two in one second a version counts."""
        for each in _events(page):
            name, written = self._name(each["Key"]), each["LastModified"].replace(microsecond=0)
            known = newest.get(name)
            if written < self._before and (known is None or written > known.info.written):
                newest[name] = _version(name, written, each)

    def open(self, name: str, version: str | None, begin: int, length: int) -> Download:
        """Begin to read a version."""
        wanted: dict[str, Any] = {"VersionId": version, **({"Range": f"bytes={begin}-"} if begin else {})}
        key = self._folder + name
        said = uncontended(lambda: self._bucket.patient.get_object(Bucket=self._bucket.name, Key=key, **wanted))
        return Download(said, length)

    def _name(self, key: str) -> str:
        return key[len(self._folder) :]


class PastBucket:
    """A `BlobStore` that can be read and listed; whatever would change something raises Unsupported.

    Where the identity may not see versions, it is the bucket as it is. The moment counts by the clock of S3, in whole
    seconds; what was written in that second is not there.
    """

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, bucket: Bucket, folder: str, threads: Threads, before: datetime, today: BlobStore) -> None:
        self._versions = _Versions(bucket, folder, before)
        self._threads = threads
        self._today = today

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        raise Unsupported("the past of a bucket is for reading")

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        raise Unsupported("the past of a bucket is for reading")

    async def delete(self, name: str) -> None:
        raise Unsupported("the past of a bucket is for reading")

    async def retain(self, name: str, until: datetime) -> None:
        raise Unsupported("the past of a bucket is for reading")

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_range(length)
        try:
            found = await self._found(name)
        except PermissionDenied:
            async for chunk in self._today.read(name, start=start, length=length):
                yield chunk
            return
        begin = max(0, found.info.size + start) if start < 0 else start
        left = max(0, found.info.size - begin)
        wanted = left if length is None else min(left, length)
        if wanted == 0:
            return
        download = await self._threads.run(self._versions.open, name, found.id, begin, wanted)
        try:
            while not download.ended:
                yield await self._threads.run(download.next)
        finally:
            download.close()

    async def info(self, name: str) -> BlobInfo:
        try:
            return (await self._found(name)).info
        except PermissionDenied:
            return await self._today.info(name)

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        check_limit(limit)
        for part, text in (("prefix", prefix), ("name", after or "")):
            checked_text(part, text)
        try:
            return await self._threads.run(self._versions.page, prefix, after or "", limit)
        except PermissionDenied:
            return await self._today.list(prefix=prefix, after=after, limit=limit)

    async def check(self) -> None:
        await self._today.check()

    async def close(self) -> None:
        """Leave the bucket open for whoever has opened it."""

    async def _found(self, name: str) -> _Version:
        checked_name(name)
        found = await self._threads.run(self._versions.newest, name)
        if found is None or found.id is None:
            raise NotFound("there was no such blob at that moment")
        return found


def _events(
    page: "ListObjectVersionsOutputTypeDef",
) -> "Iterable[ObjectVersionTypeDef | DeleteMarkerEntryTypeDef]":
    """Return the versions that a page tells of, newest first for each key, and then what hides objects."""
    return (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))


def _version(name: str, written: datetime, said: Any) -> _Version:
    """Return what a page tells of a key; what hides an object has no size."""
    info = BlobInfo(name, said.get("Size", 0), tag_of(said.get("ETag", "")), written)
    return _Version(info, said["VersionId"] if "Size" in said else None)
