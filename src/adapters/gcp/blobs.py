"""Blobs as objects of a bucket in Cloud Storage.

A tag is a generation, which the provider never gives twice; whatever is written names the generation that it replaces.
Small content goes in one request, larger content in parts that nobody sees before the last one.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, ParamSpec, TypeVar

from adapters.gcp.errors import Throttled
from adapters.gcp.objects import Objects, connected
from adapters.gcp.patience import Patience
from adapters.gcp.threads import Threads
from adapters.gcp.uploads import PART_MULTIPLE, Upload
from ports.blob_checks import Announced, check_limit, check_range, checked_name, checked_text
from ports.blob_parts import Parts
from ports.blobs import LIST_LIMIT, BlobInfo, Capability
from ports.errors import InvalidArgument, Unsupported

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE: Final = 30.0
"""How many seconds a call may take, a stream's for each chunk."""

PART_SIZE: Final = 32 * PART_MULTIPLE
"""The largest content that goes in one request, and the size of a part of larger content."""

THREADS: Final = 8

_RESERVED: Final = ".well-known/acme-challenge/"


async def open_gcs(
    bucket: str,
    prefix: str = "",
    *,
    endpoint: str | None = None,
    deadline: float = DEADLINE,
    part_size: int = PART_SIZE,
) -> "CloudBlobStore":
    """Return the store of the objects whose names begin with `prefix`; asks the provider nothing.

    A part has a multiple of 256 KiB. Raises PermissionDenied where this process has no credentials, InvalidArgument for
    an `http:` endpoint of another machine.
    """
    threads, patience = Threads(THREADS), Patience(deadline)
    try:
        client = await patience.once(lambda: threads.run(connected, endpoint, THREADS))
    except BaseException:
        threads.close()
        raise
    return CloudBlobStore(Objects(client, bucket, prefix, deadline), threads, patience, part_size)


class CloudBlobStore:
    """A `BlobStore` that has been opened by `open_gcs`."""

    def __init__(self, objects: Objects, threads: Threads, patience: Patience, part_size: int) -> None:
        self.capabilities: frozenset[Capability] = frozenset()
        self._objects = objects
        self._threads = threads
        self._patience = patience
        self._part_size = part_size
        self._known = False

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        _check(name)
        announced, parts = Announced(sha256), Parts(content, self._part_size)
        upload: Upload | None = None
        try:
            async for part in parts:
                if upload is None:
                    upload = await self._read(self._objects.begin, name)
                # While a part is on its way there is time to look at all that it is a part of.
                await asyncio.gather(self._once(announced.add, part), self._once(upload.append, part))
            await self._once(announced.finish, parts.last)
            if upload is None:
                return await self._write(self._objects.create, name, parts.last)
            return await self._once(upload.finish, parts.last)
        except BaseException:
            if upload is not None:
                upload.give_up()  # Its thread, without a caller, would go on with the part for three attempts.
                self._threads.start(upload.cancel)
            raise

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        _check(name)
        return await self._write(self._objects.replace, name, content, tag)

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_range(length)
        _check(name)
        download = await self._read(self._objects.download, name, start, length)
        if download is None:
            return
        try:
            while chunk := await self._once(download.next):
                yield chunk
        finally:
            self._threads.start(download.close)

    async def info(self, name: str) -> BlobInfo:
        _check(name)
        return await self._read(self._objects.info, name)

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        check_limit(limit)
        checked_text("prefix", prefix)
        checked_text("name", after or "")
        return await self._read(self._objects.page, prefix, after or None, limit)

    async def delete(self, name: str) -> None:
        _check(name)
        await self._write(self._objects.delete, name)

    async def retain(self, name: str, until: datetime) -> None:
        _check(name)
        if not self._known:
            await self.check()
        if Capability.RETENTION not in self.capabilities:
            raise Unsupported("the bucket cannot lock its objects one by one")
        await self._read(self._objects.retain, name, until.astimezone(UTC))

    async def check(self) -> None:
        locks = await self._read(self._objects.retention_is_enabled)
        self.capabilities, self._known = frozenset({Capability.RETENTION} if locks else ()), True

    async def close(self) -> None:
        self._threads.start(self._objects.close)
        self._threads.close()
        await asyncio.sleep(0)

    async def _once(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._patience.once(lambda: self._threads.run(function, *args, **kwargs))

    async def _read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """For what may happen twice."""
        return await self._patience.again(lambda: self._threads.run(function, *args, **kwargs))

    async def _write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """For what may not happen twice: it is asked for again only where the provider did nothing."""
        return await self._patience.again(lambda: self._threads.run(function, *args, **kwargs), Throttled)


def _check(name: str) -> None:
    """Cloud Storage takes no line ends and advises against control characters: nothing is taken that does not print."""
    checked_name(name)
    if not name.isprintable() or name.startswith(_RESERVED):
        raise InvalidArgument("Cloud Storage takes no such name")
