"""Blob stores that each break one law of reading."""

from collections.abc import AsyncIterator
from contextlib import suppress

from ports.blobs import BlobInfo
from ports.errors import NotFound, Unavailable
from tests.fakes.blobs import MemoryBlobStore

_ROOM = 8


class ReadsToTheEnd(MemoryBlobStore):
    """Forgets how much was asked for."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().read(name, start=start):
            yield chunk


class MissesWhatIsEmpty(MemoryBlobStore):
    """Takes an empty blob for none."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        if (await self.info(name)).size == 0:
            raise NotFound("there is nothing")
        async for chunk in super().read(name, start=start, length=length):
            yield chunk


class ReadsAsItGoes(MemoryBlobStore):
    """Looks the blob up again for each chunk."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        for half in (0, 1):
            content = b"".join([chunk async for chunk in super().read(name)])
            yield content[len(content) // 2 :] if half else content[: len(content) // 2]


class TakesAnyLength(MemoryBlobStore):
    """Takes a negative length for none."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().read(name, start=start, length=max(length or 0, 0)):
            yield chunk


class FindsWhatIsNearby(MemoryBlobStore):
    """Deletes what is missing too, and describes the nearest instead."""

    async def info(self, name: str) -> BlobInfo:
        with suppress(NotFound):
            return await super().info(name)
        return next(info for info, _ in self.bucket.blobs.values())


class HasFewConnections(MemoryBlobStore):
    """Has eight connections, of which a reading takes one that only its end gives back."""

    _readings = 0

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        if self._readings == _ROOM:
            raise Unavailable("there is no connection left")
        self._readings += 1
        async for chunk in super().read(name, start=start, length=length):
            yield chunk
        self._readings -= 1


SABOTEURS = {
    "a_range_is_read_alone": ReadsToTheEnd,
    "nothing_has_every_range": MissesWhatIsEmpty,
    "a_reading_is_of_one_content": ReadsAsItGoes,
    "a_range_that_cannot_be_is_refused": TakesAnyLength,
    "what_is_missing_is_not_found": FindsWhatIsNearby,
    "a_reading_that_is_given_up_holds_nothing_up": HasFewConnections,
}
