"""Blob stores that each break one law of listings."""

from msgspec.structs import replace

from ports.blobs import LIST_LIMIT, BlobInfo
from tests.fakes.blobs import MemoryBlobStore


class OrdersByUtf16(MemoryBlobStore):
    """Orders names as languages do whose characters have 16 bits."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        found = await super().list(prefix=prefix, after=after, limit=limit)
        return sorted(found, key=lambda info: info.name.encode("utf-16-be"))


class ListsFolders(MemoryBlobStore):
    """Takes a prefix for a folder."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        folder = prefix[: prefix.rfind("/") + 1]
        return await super().list(prefix=folder, after=after, limit=limit)


class RepeatsTheLast(MemoryBlobStore):
    """Begins a page with the name that the last one ended with."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        found = await super().list(prefix=prefix, after=after, limit=limit)
        last = [await self.info(after)] if after is not None and after.encode() in self.bucket.blobs else []
        return [*last, *found][:limit]


class KnowsOnlyWhatIsThere(MemoryBlobStore):
    """Starts over when the name to begin beyond is not there."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        known = after if after is not None and after.encode() in self.bucket.blobs else None
        return await super().list(prefix=prefix, after=known, limit=limit)


class ListsWithoutLooking(MemoryBlobStore):
    """Does not know sizes while it lists."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        return [replace(info, size=0) for info in await super().list(prefix=prefix, after=after, limit=limit)]


class TakesAnyLimit(MemoryBlobStore):
    """Makes a limit fit."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        return await super().list(prefix=prefix, after=after, limit=min(max(limit, 1), LIST_LIMIT))


SABOTEURS = {
    "names_are_in_the_order_of_their_bytes": OrdersByUtf16,
    "a_listing_keeps_to_its_prefix": ListsFolders,
    "a_listing_goes_on_where_it_stopped": RepeatsTheLast,
    "a_listing_begins_beyond_any_text": KnowsOnlyWhatIsThere,
    "a_listing_describes_each_blob": ListsWithoutLooking,
    "a_listing_has_a_limit": TakesAnyLimit,
}
