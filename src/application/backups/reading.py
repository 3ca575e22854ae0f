"""Reading backups back: from the stores alone, as whoever has nothing else must."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from application.backups.book import chained, decoded
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, numbered, position_in
from application.backups.packs import unpacked
from application.backups.stores import Store, found, text
from domain.backups.chains import Chained
from domain.backups.manifests import Contents, Index, Manifest, Piece, Position, VaultCopy, merged
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Corrupt, NotFound
from ports.storage import BODY_LIMIT, Row

T = TypeVar("T")

AT_ONCE: Final = 16
"""How many manifests are read at the same time: there are tens of thousands, and each takes a store some time."""


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


class Among(msgspec.Struct, frozen=True):
    """Which of what is numbered is meant."""

    beyond: Position | None = None
    """Only what comes after; the rest is not even listed."""

    written_before: datetime | None = None
    """Only what the store itself says to have been written before: nobody can date that back."""


ALL: Final = Among()


async def positions_in(store: Store, prefix: str, among: Among = ALL) -> AsyncIterator[Position]:
    """Yield the positions of which a store holds something numbered, in order; raises what the store raises."""
    async for info in listed(store, prefix, None if among.beyond is None else numbered(prefix, among.beyond)):
        position = position_in(prefix, info.name)
        if position is not None and (among.written_before is None or info.written < among.written_before):
            yield position


async def manifests_in(store: Store, among: Among = ALL) -> AsyncIterator[Chained | Damaged]:
    """Yield every manifest that a store holds and that is meant, oldest first.

    One that is pruned before it could be read is passed over. Raises what the store raises.
    """
    async for each in _together(store, MANIFESTS, among, manifest_in):
        yield each


async def manifest_in(store: Store, position: Position) -> Chained | Damaged:
    """Return one manifest that a store holds; raises what the store raises."""
    name = numbered(MANIFESTS, position)
    try:
        read = chained(await text(store, name, BODY_LIMIT))
    except Corrupt:
        return Damaged(name, position)
    return read if read.position == position else Damaged(name, position)


async def copies_in(store: Store, among: Among = ALL) -> AsyncIterator[VaultCopy | Damaged]:
    """Yield the list of every copy of the key vault that a store holds, oldest first, like `manifests_in`."""
    async for each in _together(store, VAULT_COPIES, among, copy_in):
        yield each


async def copy_in(store: Store, position: Position) -> VaultCopy | Damaged:
    """Return the list of one copy that a store holds."""
    name = numbered(VAULT_COPIES, position)
    try:
        read = decoded(await text(store, name, BODY_LIMIT), VaultCopy)
    except Corrupt:
        return Damaged(name, position)
    return read if read.position == position else Damaged(name, position)


async def contents_of(manifest: Manifest, stores: Sequence[Store]) -> Contents:
    """Return what a manifest's records are of, from whichever store has it; raises as `found` does."""
    return merged((manifest.contents, await contents_in(manifest.indexes, stores)))


async def contents_in(indexes: Sequence[Piece], stores: Sequence[Store]) -> Contents:
    """Return what several indexes say together, each from whichever store has it; raises as `found` does."""
    return merged([each.contents for each in await _indexes(indexes, stores)])


async def keys_in(indexes: Sequence[Piece], stores: Sequence[Store]) -> Contents:
    """Return under which generations several indexes say that records are sealed, like `contents_in`."""
    return merged([Contents(keys=each.contents.keys) for each in await _indexes(indexes, stores)])


async def records_of(manifest: Manifest, stores: Sequence[Store]) -> AsyncIterator[list[Row]]:
    """Yield the records of a manifest, some at a time, each object from the first store that has it whole."""
    for piece in manifest.pieces:
        for rows in unpacked(await found(stores, named(OBJECTS, piece), piece)):
            yield rows


async def wraps_of(copy: VaultCopy, stores: Sequence[Store]) -> AsyncIterator[list[Row]]:
    """Yield the records of the key vault that a copy holds, some at a time."""
    for piece in copy.pieces:
        for rows in unpacked(await found(stores, named(VAULT_OBJECTS, piece), piece)):
            yield rows


async def _indexes(pieces: Sequence[Piece], stores: Sequence[Store]) -> list[Index]:
    return [decoded(await found(stores, named(OBJECTS, piece), piece), Index) for piece in pieces]


async def _together(
    store: Store, prefix: str, among: Among, read: Callable[[Store, Position], Awaitable[T]]
) -> AsyncIterator[T]:
    """Yield what `read` makes of all that is numbered and meant, in order; a few are on their way at a time."""
    positions = [position async for position in positions_in(store, prefix, among)]
    for start in range(0, len(positions), AT_ONCE):
        some = positions[start : start + AT_ONCE]
        # Each is waited for, so that none goes on alone after another has failed.
        for outcome in await asyncio.gather(*(read(store, each) for each in some), return_exceptions=True):
            if isinstance(outcome, NotFound):
                continue
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
