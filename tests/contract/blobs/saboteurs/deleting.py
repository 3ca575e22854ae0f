"""Blob stores that each break one law of deleting."""

from contextlib import suppress

from ports.errors import NotFound
from tests.fakes.blobs import MemoryBlobStore


class DeletesByPrefix(MemoryBlobStore):
    """Takes the neighbours along."""

    async def delete(self, name: str) -> None:
        await super().delete(name)
        for other in [other for other in self.bucket.blobs if other.startswith(name[:-1].encode())]:
            del self.bucket.blobs[other]


class DeletesSilently(MemoryBlobStore):
    """Deletes what is missing too."""

    async def delete(self, name: str) -> None:
        with suppress(NotFound):
            await super().delete(name)


SABOTEURS = {
    "a_deleted_blob_is_gone": DeletesByPrefix,
    "a_blob_is_deleted_once": DeletesSilently,
}
