"""Blobs as tests make and read them."""

import hashlib
from collections.abc import AsyncIterator

from ports.blobs import BlobInfo, BlobStore


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield the parts."""
    for part in parts:
        yield part


def sha256_of(*parts: bytes) -> bytes:
    """Return the digest of a blob of these parts."""
    return hashlib.sha256(b"".join(parts)).digest()


async def put(store: BlobStore, name: str, *parts: bytes) -> BlobInfo:
    """Create a blob of these parts."""
    return await store.create(name, chunks(*parts), sha256=sha256_of(*parts))


async def content_of(store: BlobStore, name: str, *, start: int = 0, length: int | None = None) -> bytes:
    """Read a range of a blob, or all of it."""
    return b"".join([chunk async for chunk in store.read(name, start=start, length=length)])


async def names_in(store: BlobStore, prefix: str = "") -> list[str]:
    """List all names that begin with `prefix`, as one page."""
    return [info.name for info in await store.list(prefix=prefix)]
