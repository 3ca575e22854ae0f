"""Blobs as tests make and read them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

from ports.blobs import BlobStore

LARGE: Final = bytes(range(256)) * 4_000
"""About one megabyte."""


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield the parts."""
    for part in parts:
        yield part


def sha256_of(*parts: bytes) -> bytes:
    """Return the digest of a blob of these parts."""
    return hashlib.sha256(b"".join(parts)).digest()


async def put(store: BlobStore, name: str, *parts: bytes) -> str:
    """Create a blob of these parts; return its tag."""
    return await store.create(name, chunks(*parts), sha256=sha256_of(*parts))


async def content_of(store: BlobStore, name: str, *, start: int = 0, length: int | None = None) -> bytes:
    """Read a range of a blob, or all of it."""
    return b"".join([chunk async for chunk in store.read(name, start=start, length=length)])


async def names_in(store: BlobStore, prefix: str = "") -> list[str]:
    """List all names that begin with `prefix`, as one page."""
    return [info.name for info in await store.list(prefix=prefix)]


def calls(store: BlobStore, name: str) -> list[Callable[[], Awaitable[object]]]:
    """Return the calls that ask for a blob that is there."""
    return [
        partial(store.info, name),
        partial(store.delete, name),
        partial(store.replace, name, b"1", tag="tag"),
        partial(content_of, store, name),
    ]


async def only_winner(attempts: list[Coroutine[Any, Any, object]], loss: type[Exception]) -> int:
    """Return which attempt succeeded; all others end in `loss`."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    winners = [number for number, result in enumerate(results) if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(result, loss) for number, result in enumerate(results) if number not in winners)
    return winners[0]
