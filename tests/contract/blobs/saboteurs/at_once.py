"""Blob stores that each break one law of many at once."""

import asyncio
from collections.abc import AsyncIterable

from ports.blobs import BlobInfo
from ports.errors import Unavailable
from tests.fakes.blobs import MemoryBlobStore

_ROOM = 16


class ReplacesInTwoSteps(MemoryBlobStore):
    """Has half of the new content there for a moment."""

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        half = await super().replace(name, content[: len(content) // 2], tag=tag)
        await asyncio.sleep(0)
        return await super().replace(name, content, tag=half)


class TidiesUp(MemoryBlobStore):
    """Removes a folder that it has found empty, though somebody has just come in."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        tag = await super().create(name, content, sha256=sha256)
        for _ in range(7):
            await asyncio.sleep(0)
        return tag

    async def delete(self, name: str) -> None:
        folder = name[: name.rfind("/") + 1].encode()
        alone = sum(other.startswith(folder) for other in self.bucket.blobs) == 1
        await super().delete(name)
        for _ in range(3):
            await asyncio.sleep(0)
        if alone:
            for other in [other for other in self.bucket.blobs if other.startswith(folder)]:
                del self.bucket.blobs[other]


class TurnsAway(MemoryBlobStore):
    """Has no more than sixteen in the house."""

    _inside = 0

    async def info(self, name: str) -> BlobInfo:
        if self._inside == _ROOM:
            raise Unavailable("the house is full")
        self._inside += 1
        await asyncio.sleep(0)
        self._inside -= 1
        return await super().info(name)


SABOTEURS = {
    "nobody_sees_a_torn_blob": ReplacesInTwoSteps,
    "neighbours_come_and_go": TidiesUp,
    "more_calls_than_there_is_room_for_are_answered": TurnsAway,
}
