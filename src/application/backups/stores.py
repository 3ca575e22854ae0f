"""The blob stores that backups go to, and how objects get there and back."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from application.backups.packs import Packed
from domain.backups.manifests import Piece
from ports.blobs import BlobStore
from ports.edges import port_errors_only
from ports.errors import AlreadyExists, Conflict, Corrupt, NotFound, PortError, Unavailable


@dataclass(frozen=True, slots=True)
class Store:
    """One blob store of a site."""

    name: str
    """Stands in states, metrics and reports; no secret in it."""

    cloud: str | None
    """Whose it is; None where nobody knows."""

    blobs: BlobStore


async def keep(store: Store, name: str, packed: Packed) -> None:
    """Have an object in a store whose name follows from what it holds; that it is there already is as good.

    Raises Corrupt where what is there has another size, and as the store does.
    """
    try:
        await store.blobs.create(name, packed.content(), sha256=bytes.fromhex(packed.piece.sha256))
    except AlreadyExists:
        if not await holds(store, name, packed.piece):
            raise Corrupt("an object of a backup has another size than it had") from None


async def keep_text(store: Store, name: str, content: bytes) -> None:
    """Have exactly these bytes under a name, and read them back; raises Conflict where other bytes are there."""

    async def whole() -> AsyncIterator[bytes]:
        yield content

    with contextlib.suppress(AlreadyExists):
        await store.blobs.create(name, whole(), sha256=sha256(content).digest())
    if await text(store, name, len(content)) != content:
        raise Conflict(name)


async def holds(store: Store, name: str, piece: Piece) -> bool:
    """Whether an object is there in its full size; its bytes are not looked at."""
    try:
        return (await store.blobs.info(name)).size == piece.size
    except NotFound:
        return False


async def fetched(store: Store, name: str, piece: Piece) -> bytes:
    """Return an object's bytes; raises NotFound, and Corrupt where they are not what it is named by."""
    content = await text(store, name, piece.size)
    if len(content) != piece.size or sha256(content).hexdigest() != piece.sha256:
        raise Corrupt("an object of a backup is not what it is named by")
    return content


async def found(stores: Sequence[Store], name: str, piece: Piece) -> bytes:
    """Return an object's bytes from the first store that has it whole.

    Raises NotFound where no store has, Corrupt where it is damaged wherever it is, Unavailable where a store that might
    have it does not answer.
    """
    failure: PortError = NotFound("an object of a backup is in none of the stores")
    for store in stores:
        try:
            with port_errors_only():
                return await fetched(store, name, piece)
        except NotFound:
            continue
        except PortError as exc:
            failure = exc if isinstance(failure, NotFound) or not isinstance(exc, Corrupt) else failure
    if isinstance(failure, NotFound | Corrupt):
        raise failure
    raise Unavailable("a store that may have an object of a backup does not answer") from failure


async def text(store: Store, name: str, size: int) -> bytes:
    """Return an object's bytes, at most one more than `size`, so that nothing fills the memory; raises NotFound."""
    return b"".join([chunk async for chunk in store.blobs.read(name, length=size + 1)])
