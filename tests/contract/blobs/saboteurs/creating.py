"""Blob stores that each break one law of creating."""

from collections.abc import AsyncIterable
from datetime import timedelta

from msgspec.structs import replace

from ports.blobs import BlobInfo
from tests.contract.blobs.content import chunks, sha256_of
from tests.contract.blobs.saboteurs.early import LooksTooEarly
from tests.fakes.blobs import MemoryBlobStore


class LosesTheLastChunk(MemoryBlobStore):
    """Stores all chunks but the last."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        kept = [chunk async for chunk in content][:-1]
        return await super().create(name, chunks(*kept), sha256=sha256_of(*kept))


class LivesInThePast(MemoryBlobStore):
    """Tells of times an hour ago."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = replace(super()._store(name, content), written=self._clock() - timedelta(hours=1))
        self.bucket.blobs[name] = (info, content)
        return info


class Overwrites(MemoryBlobStore):
    """Takes a name twice."""

    def _check_free(self, name: bytes) -> None:
        """Find every name free."""


class BelievesAnyDigest(MemoryBlobStore):
    """Does not compare."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        parts = [chunk async for chunk in content]
        return await super().create(name, chunks(*parts), sha256=sha256_of(*parts))


class ShowsHalves(MemoryBlobStore):
    """Stores what has arrived so far."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        parts: list[bytes] = []
        async for chunk in content:
            parts.append(chunk)
            self._store(name.encode(), b"".join(parts))
        del self.bucket.blobs[name.encode()]
        return await super().create(name, chunks(*parts), sha256=sha256)


SABOTEURS = {
    "a_blob_is_read_as_it_was_created": LosesTheLastChunk,
    "a_blob_is_described_as_it_was_created": LivesInThePast,
    "a_name_is_taken_once": Overwrites,
    "one_of_many_creators_wins": LooksTooEarly,
    "content_matches_its_digest": BelievesAnyDigest,
    "a_blob_is_seen_whole_or_not_at_all": ShowsHalves,
    "a_cancelled_creation_leaves_nothing": ShowsHalves,
}
