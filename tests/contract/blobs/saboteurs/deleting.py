"""Blob stores that each break one law of deleting."""

from contextlib import suppress

from ports.errors import NotFound, Unavailable
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


class RepeatsBlindly(MemoryBlobStore):
    """Asks again after a lost answer, and reports what it then finds."""

    async def delete(self, name: str) -> None:
        try:
            await super().delete(name)
        except Unavailable:
            await super().delete(name)


SABOTEURS = {
    "a_lost_answer_does_not_make_a_blob_missing": RepeatsBlindly,
    "a_deleted_blob_is_gone": DeletesByPrefix,
    "a_blob_is_deleted_once": DeletesSilently,
}
