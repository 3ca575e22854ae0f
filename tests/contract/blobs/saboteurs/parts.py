"""Blob stores that each break one law of content in several parts."""

from collections.abc import AsyncIterable

from tests.contract.blobs.content import chunks, sha256_of
from tests.contract.blobs.saboteurs.early import LooksTooEarly
from tests.fakes.blobs import MemoryBlobStore

_PART = 1 << 20
_ROOM = 32 << 20


class LosesAFullPart(MemoryBlobStore):
    """Takes an end that falls on the end of a part for a part that is still to come."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        whole = b"".join([chunk async for chunk in content])
        if whole and len(whole) % _PART == 0:
            whole = whole[:-_PART]
        return await super().create(name, chunks(whole), sha256=sha256_of(whole))


class HasRoomForLittle(MemoryBlobStore):
    """Begins again at the start where there is no more room."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        whole = b"".join([chunk async for chunk in content])
        whole = whole[_ROOM:] + whole[len(whole) - _ROOM : _ROOM] if len(whole) > _ROOM else whole
        return await super().create(name, chunks(whole), sha256=sha256_of(whole))


class KeepsParts(MemoryBlobStore):
    """Never gives back what came of an upload that failed."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        self.bucket.begun += 1
        tag = await super().create(name, content, sha256=sha256)
        self.bucket.begun -= 1
        return tag


SABOTEURS = {
    "parts_make_one_blob": LosesAFullPart,
    "large_content_is_whole": HasRoomForLittle,
    "one_of_two_creators_in_parts_wins": LooksTooEarly,
    "no_part_stays_of_what_stops": KeepsParts,
    "no_part_stays_of_what_is_cancelled": KeepsParts,
    "no_part_stays_of_what_does_not_match": KeepsParts,
    "no_part_stays_of_what_is_taken": KeepsParts,
}
