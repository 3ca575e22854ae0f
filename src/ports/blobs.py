"""The blob port: named byte objects in one region of one provider, for backups and the control object."""

from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from enum import Enum
from typing import Final, Protocol, runtime_checkable

import msgspec

NAME_LIMIT: Final = 512
"""The longest name in bytes of UTF-8. Names are made of segments joined by `/`; see `InvalidArgument` below."""

LIST_LIMIT: Final = 1_000
"""The most names that one listing returns."""


class Capability(Enum):
    """What blob stores differ in; the contract suite proves each declared present and each declared absent."""

    RETENTION = "an object can be locked against deletion until a moment"
    ANY_UNICODE_NAME = "names may hold any Unicode text, also what does not print"


class BlobInfo(msgspec.Struct, frozen=True):
    """What a store says of one object without reading it."""

    name: str
    size: int
    """In bytes."""

    tag: str
    """Opaque; differs between any two contents that the name has ever had. What `replace` compares."""

    written: datetime
    retained_until: datetime | None = None


class BlobStore(Protocol):
    """Named byte objects, visible whole or not at all.

    Every call raises Unavailable or DeadlineExceeded when the store cannot be reached in time, after which the
    outcome of a write is unknown; PermissionDenied where the identity lacks a permission; InvalidArgument for an
    empty or too long name, an empty segment, one that is `.` or `..`, and, without Capability.ANY_UNICODE_NAME, for
    what does not print; NotFound too where the bucket or directory of the store itself is missing.
    """

    capabilities: frozenset[Capability]
    """Where they depend on the bucket, those that have been learnt: by the first `check` that was answered."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        """Store `content` under a name that must be free, and return its tag.

        Visible whole or not at all; an interrupted call leaves nothing behind. Raises AlreadyExists, Corrupt if
        the bytes do not match `sha256`.
        """

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        """Compare and swap: put `content` in the place of exactly the content that `tag` names; return the new tag.

        Raises Conflict where the object has another tag, NotFound where it is missing.
        """

    def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` on, `length` of them or to the end; a negative `start` counts from the end.

        A range past the end yields what there is. Raises NotFound, at the first step; InvalidArgument for a
        negative length.
        """

    async def info(self, name: str) -> BlobInfo:
        """Describe the object; raises NotFound."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        """Return up to `limit` objects whose name begins with `prefix`, beyond `after`, ordered by UTF-8 bytes.

        A short page is the last one.
        """

    async def delete(self, name: str) -> None:
        """Remove the object; raises NotFound, and PermissionDenied while it is retained.

        An adapter that repeats a request after a lost answer reports what its first request did as done: NotFound
        says that the object was missing when the call began, or that another call removed it. A caller that repeats
        the call after an unknown outcome takes NotFound for done.
        """

    async def retain(self, name: str, until: datetime) -> None:
        """Lock the object against deletion and replacement until `until`; extends, never shortens.

        Raises NotFound, InvalidArgument for a shorter lock, Unsupported without Capability.RETENTION.
        """

    async def check(self) -> None:
        """Return when the store answers; raise Unavailable or NotFound with the cause otherwise."""

    async def close(self) -> None:
        """Give up all connections; the object is of no further use."""


@runtime_checkable
class KeepsVersions(Protocol):
    """A store that still has, under each name, what was put over or deleted, at least while it is locked."""

    def as_of(self, moment: datetime) -> BlobStore:
        """Return the store as it was just before a moment by its own clock, for reading alone.

        It needs this one to stay open. Where the identity may not see that, it is the store as it is.
        """
