"""Blob stores that each break one law of outages."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import NoReturn

from ports.blobs import BlobInfo
from ports.errors import AlreadyExists, NotFound, PermissionDenied
from tests.fakes.blobs import MemoryBlobStore


class BuildsAnew(MemoryBlobStore):
    """Makes the bucket that is missing."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        self.bucket.missing = False
        return await super().create(name, content, sha256=sha256)


class WaitsForEver(MemoryBlobStore):
    """Asks again until somebody answers."""

    async def info(self, name: str) -> BlobInfo:
        while self.failure is not None:
            await asyncio.sleep(0.01)
        return await super().info(name)


class HidesWhatIsRefused(MemoryBlobStore):
    """Says that there is nothing where it may not look."""

    async def info(self, name: str) -> BlobInfo:
        try:
            return await super().info(name)
        except PermissionDenied as exc:
            raise NotFound("there is no blob of that name") from exc


class TellsNames(MemoryBlobStore):
    """Says what is there already."""

    def _check_free(self, name: bytes) -> None:
        if name in self.bucket.blobs:
            raise AlreadyExists(f"there is a blob named {name.decode()}")


class ReadsForEver(MemoryBlobStore):
    """Waits for the rest, however long that does not come."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().read(name, start=start, length=length):
            yield chunk[:1]
            while self.failure is not None:
                await asyncio.sleep(0.01)
            yield chunk[1:]


class LetsDriversOut(MemoryBlobStore):
    """Hands on what its driver raises."""

    def _break(self, error: Exception) -> NoReturn:
        raise error


SABOTEURS = {
    "whatever_a_driver_raises_is_an_outage": LetsDriversOut,
    "a_store_that_is_missing_is_told": BuildsAnew,
    "a_call_ends_in_time": WaitsForEver,
    "a_reading_ends_in_time": ReadsForEver,
    "whoever_may_nothing_is_told_so": HidesWhatIsRefused,
    "an_error_has_a_code_and_tells_no_name": TellsNames,
}
