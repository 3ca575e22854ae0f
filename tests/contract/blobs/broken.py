"""Blob stores that each break one law, to show that the law bites."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec.structs import replace

from ports.blobs import BlobInfo, Capability
from ports.errors import InvalidArgument, NotFound
from tests.contract.blobs import laws
from tests.contract.blobs.content import chunks, sha256_of
from tests.contract.blobs.laws import Law
from tests.fakes.blobs import MemoryBlobStore


class LosesTheLastChunk(MemoryBlobStore):
    """Stores all chunks but the last."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        kept = [chunk async for chunk in content][:-1]
        return await super().create(name, chunks(*kept), sha256=sha256_of(*kept))


class LivesInThePast(MemoryBlobStore):
    """Tells of times an hour ago."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = super()._store(name, content)
        return replace(info, written=info.written - timedelta(hours=1))


class Overwrites(MemoryBlobStore):
    """Takes a name twice."""

    def _check_free(self, name: bytes) -> None:
        """Find every name free."""


class LooksTooEarly(MemoryBlobStore):
    """Looks whether a name is free, and at a tag, before the content arrives, and not again."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        super()._check_free(name.encode())
        await asyncio.sleep(0)
        return await super().create(name, content, sha256=sha256)

    async def replace(self, name: str, content: bytes, *, tag: str) -> BlobInfo:
        super()._check_tag(await self.info(name), tag)
        await asyncio.sleep(0)
        return await super().replace(name, content, tag=tag)

    def _check_free(self, name: bytes) -> None:
        """Believe what was seen before."""

    def _check_tag(self, info: BlobInfo, tag: str) -> None:
        """Believe what was seen before."""


class BelievesAnyDigest(MemoryBlobStore):
    """Does not compare."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        parts = [chunk async for chunk in content]
        return await super().create(name, chunks(*parts), sha256=sha256_of(*parts))


class ShowsHalves(MemoryBlobStore):
    """Stores what has arrived so far."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        parts: list[bytes] = []
        async for chunk in content:
            parts.append(chunk)
            self._store(name.encode(), b"".join(parts))
        del self.bucket.blobs[name.encode()]
        return await super().create(name, chunks(*parts), sha256=sha256)


class ReadsToTheEnd(MemoryBlobStore):
    """Forgets how much was asked for."""

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().read(name, start=start):
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


class DeletesSilently(MemoryBlobStore):
    """Deletes what is missing too."""

    async def delete(self, name: str) -> None:
        with suppress(NotFound):
            await super().delete(name)


class ReplacesAnything(MemoryBlobStore):
    """Looks at no tag."""

    def _check_tag(self, info: BlobInfo, tag: str) -> None:
        """Find every tag good."""


class TagsBySize(MemoryBlobStore):
    """Tells contents apart by their size alone."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = replace(super()._store(name, content), tag=str(len(content)))
        self.bucket.blobs[name] = (info, content)
        return info


class DeletesByPrefix(MemoryBlobStore):
    """Takes the neighbours along."""

    async def delete(self, name: str) -> None:
        await super().delete(name)
        for other in [other for other in self.bucket.blobs if other.startswith(name[:-1].encode())]:
            del self.bucket.blobs[other]


class MissesWhatCannotBe(MemoryBlobStore):
    """Says that there is no blob where there is no name."""

    async def info(self, name: str) -> BlobInfo:
        try:
            return await super().info(name)
        except InvalidArgument as exc:
            raise NotFound("no such blob") from exc


class TakesWordsOnly(MemoryBlobStore):
    """Refuses control characters, against what it declares."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        if not name.isprintable():
            raise InvalidArgument("a control character")
        return await super().create(name, content, sha256=sha256)


class DeclaresNothing(MemoryBlobStore):
    """Can do what it does not declare."""

    capabilities = frozenset[Capability]()


class ForgetsLocks(MemoryBlobStore):
    """Locks nothing."""

    async def retain(self, name: str, until: datetime) -> None:
        await super().retain(name, self._clock())


class BuildsAnew(MemoryBlobStore):
    """Makes the bucket that is missing."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> BlobInfo:
        self.bucket.missing = False
        return await super().create(name, content, sha256=sha256)


BROKEN: tuple[tuple[Law, type[MemoryBlobStore]], ...] = (
    (laws.a_blob_is_read_as_it_was_created, LosesTheLastChunk),
    (laws.a_blob_tells_when_it_was_written, LivesInThePast),
    (laws.a_name_is_taken_once, Overwrites),
    (laws.one_of_many_creators_wins, LooksTooEarly),
    (laws.content_matches_its_digest, BelievesAnyDigest),
    (laws.a_blob_is_seen_whole_or_not_at_all, ShowsHalves),
    (laws.a_cancelled_creation_leaves_nothing, ShowsHalves),
    (laws.a_range_is_read_alone, ReadsToTheEnd),
    (laws.a_reading_is_of_one_content, ReadsAsItGoes),
    (laws.a_range_that_cannot_be_is_refused, TakesAnyLength),
    (laws.what_is_missing_is_not_found, DeletesSilently),
    (laws.a_replacement_names_what_it_replaces, ReplacesAnything),
    (laws.one_of_many_replacements_wins, LooksTooEarly),
    (laws.contents_have_tags_of_their_own, TagsBySize),
    (laws.a_deleted_blob_is_gone, DeletesByPrefix),
    (laws.a_name_is_made_of_segments, MissesWhatCannotBe),
    (laws.any_text_is_a_name, TakesWordsOnly),
    (laws.any_text_is_a_name, DeclaresNothing),
    (laws.a_retained_blob_stays, ForgetsLocks),
    (laws.a_retained_blob_stays, DeclaresNothing),
    (laws.a_store_that_is_missing_is_told, BuildsAnew),
)
"""Each law with one that breaks it."""
