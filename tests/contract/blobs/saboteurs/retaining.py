"""Blob stores that each break one law of locks."""

from contextlib import suppress
from datetime import datetime

from ports.blobs import BlobInfo
from ports.errors import InvalidArgument, NotFound, PermissionDenied
from tests.fakes.blobs import MemoryBlobStore


class ForgetsLocks(MemoryBlobStore):
    """Locks nothing."""

    def _check_retention(self, info: BlobInfo) -> None:
        """Let everything pass."""


class KeepsTheFirstLock(MemoryBlobStore):
    """Neither lengthens nor refuses."""

    async def retain(self, name: str, until: datetime) -> None:
        if (await self.info(name)).retained_until is None:
            await super().retain(name, until)
        elif until < self._clock():
            raise InvalidArgument("a lock ends later")


class LocksNothing(MemoryBlobStore):
    """Has no word on a blob that is not there."""

    async def retain(self, name: str, until: datetime) -> None:
        with suppress(NotFound):
            await super().retain(name, until)


class LocksForGood(MemoryBlobStore):
    """Never looks at the clock."""

    def _check_retention(self, info: BlobInfo) -> None:
        if info.retained_until is not None:
            raise PermissionDenied("the blob is retained")


SABOTEURS = {
    "a_retained_blob_stays": ForgetsLocks,
    "a_lock_only_grows": KeepsTheFirstLock,
    "what_is_missing_is_not_locked": LocksNothing,
    "a_lock_ends": LocksForGood,
}
