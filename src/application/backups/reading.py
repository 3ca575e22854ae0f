"""Reading backups back: from the stores alone, as whoever has nothing else must."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from application.backups.book import chained, decoded
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, position_in
from application.backups.packs import unpacked
from application.backups.stores import Store, found, text
from domain.backups.chains import Chained
from domain.backups.manifests import Contents, Index, Manifest, Piece, Position, VaultCopy, merged
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Corrupt
from ports.storage import BODY_LIMIT, Record


class Damaged(msgspec.Struct, frozen=True):
    """An object whose name says what it should be, and which is not that."""

    name: str
    position: Position


async def listed(store: Store, prefix: str, after: str | None = None) -> AsyncIterator[BlobInfo]:
    """Yield every object of a store whose name begins with `prefix`, in the order of the names."""
    while True:
        page = await store.blobs.list(prefix=prefix, after=after)
        for info in page:
            yield info
        if len(page) < LIST_LIMIT:
            return
        after = page[-1].name


async def manifests_in(store: Store) -> AsyncIterator[Chained | Damaged]:
    """Yield every manifest that a store holds, oldest first; raises what the store raises."""
    async for info in listed(store, MANIFESTS):
        position = position_in(MANIFESTS, info.name)
        if position is not None:
            yield await _manifest(store, info, position)


async def copies_in(store: Store) -> AsyncIterator[VaultCopy | Damaged]:
    """Yield the list of every copy of the key vault that a store holds, oldest first."""
    async for info in listed(store, VAULT_COPIES):
        position = position_in(VAULT_COPIES, info.name)
        if position is not None:
            yield await _copy(store, info, position)


async def contents_of(manifest: Manifest, stores: Sequence[Store]) -> Contents:
    """Return what a manifest's records are of, from whichever store has it; raises as `found` does."""
    return merged((manifest.contents, await contents_in(manifest.indexes, stores)))


async def contents_in(indexes: Sequence[Piece], stores: Sequence[Store]) -> Contents:
    """Return what several indexes say together, each from whichever store has it; raises as `found` does."""
    return merged([decoded(await found(stores, named(OBJECTS, piece), piece), Index).contents for piece in indexes])


async def records_of(manifest: Manifest, stores: Sequence[Store]) -> AsyncIterator[list[Record]]:
    """Yield the records of a manifest, some at a time, each object from the first store that has it whole."""
    for piece in manifest.pieces:
        for records in unpacked(await found(stores, named(OBJECTS, piece), piece)):
            yield records


async def wraps_of(copy: VaultCopy, stores: Sequence[Store]) -> AsyncIterator[list[Record]]:
    """Yield the records of the key vault that a copy holds, some at a time."""
    for piece in copy.pieces:
        for records in unpacked(await found(stores, named(VAULT_OBJECTS, piece), piece)):
            yield records


async def _manifest(store: Store, info: BlobInfo, position: Position) -> Chained | Damaged:
    try:
        read = chained(await text(store, info.name, min(info.size, BODY_LIMIT)))
    except Corrupt:
        return Damaged(info.name, position)
    return read if read.position == position else Damaged(info.name, position)


async def _copy(store: Store, info: BlobInfo, position: Position) -> VaultCopy | Damaged:
    try:
        read = decoded(await text(store, info.name, min(info.size, BODY_LIMIT)), VaultCopy)
    except Corrupt:
        return Damaged(info.name, position)
    return read if read.position == position else Damaged(info.name, position)
