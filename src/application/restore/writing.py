"""Putting the records of a backup into the stores of the site that is restored."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from application.backups.book import MANIFEST, VAULT_COPY, encoded
from application.backups.names import OBJECTS, VAULT_OBJECTS, key_of
from application.backups.packs import unpacked
from application.restore.past import Cuts, taken
from application.restore.sources import Stores
from domain.backups.chains import Chained
from domain.backups.manifests import Piece, Position, VaultCopy
from domain.backups.restoring import Past, Step
from domain.ids import SYSTEM
from ports.errors import Corrupt
from ports.rows import rows_of
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Row, Shipping, Storage

IN_FLIGHT: Final = 128 * 1024 * 1024
"""How many bytes are on their way at a time, though always one object; a pack has about 32 MiB."""

AT_ONCE: Final = 16
"""How many objects are on their way at a time: most segments are small."""

_BATCH: Final = 2_500


class _Wanted(NamedTuple):
    step: int
    piece: Piece
    last: bool
    """Whether it is the last of its step."""


async def write_steps(
    stores: Stores,
    storage: Storage,
    steps: Sequence[Step],
    done: int,
    cuts: Cuts,
    told: Callable[[int], None],
    wanted_too: Callable[[Row], bool] = lambda _: True,
    in_flight: int = IN_FLIGHT,
) -> AsyncIterator[int]:
    """Write what each step takes, beginning after those that are done; yield how many are, each time one more is.

    `told` is called with the size of each object that has been written. A step that is repeated changes nothing more.
    What is not `wanted_too` is left out. So many bytes are `in_flight` at a time.
    """
    async for wanted, content in _fetched(stores, _wanted(steps, done), in_flight):
        step = steps[wanted.step]
        for rows in unpacked(content):
            await _write(storage, [each for each in taken(step, rows, cuts) if wanted_too(each)])
        told(wanted.piece.size)
        if wanted.last:
            yield wanted.step + 1


async def look_for_cuts(stores: Stores, steps: Iterable[Step], cuts: Cuts) -> None:
    """Have the cuts know what the steps that end at the moment hold from after it."""
    for step in steps:
        for piece in step.manifest.pieces if step.past is Past.UNTIL else ():
            for rows in unpacked(await stores.content(OBJECTS, piece)):
                cuts.look(rows)


async def write_vault(stores: Stores, vault: Storage, copy: VaultCopy) -> frozenset[str]:
    """Write all wraps that a copy of the key vault holds; return whose they are."""
    holders: set[str] = set()
    for piece in copy.pieces:
        for rows in unpacked(await stores.content(VAULT_OBJECTS, piece)):
            await _write(vault, rows)
            holders.update(row.tenant for row in rows)
    return frozenset(holders)


async def write_book(
    storage: Storage, line: Sequence[Chained], follows: Position | None, copies: Sequence[VaultCopy], clock: Clock
) -> None:
    """Have the site know its chain, up to the manifest that its next one follows, and the copies of its vault."""
    now = clock()
    entries = [_entry(MANIFEST, each.position, _bytes_of(each), now) for each in line if _leads(each, follows)]
    entries += [_entry(VAULT_COPY, each.position, encoded(each), now) for each in copies]
    await _write(storage, rows_of(entries))


def _leads(each: Chained, follows: Position | None) -> bool:
    return follows is not None and each.position <= follows


def _bytes_of(each: Chained) -> bytes:
    content = encoded(each.manifest)
    if sha256(content).hexdigest() != each.sha256:
        raise Corrupt("a manifest was written in another form than this version writes")
    return content


def _entry(kind: str, position: Position, content: bytes, now: datetime) -> Record:
    return Record(Ref(SYSTEM, kind, key_of(position)), ABSENT + 1, content, now, shipping=Shipping.NEVER)


def _wanted(steps: Sequence[Step], done: int) -> Iterable[_Wanted]:
    for number, step in enumerate(steps[done:], start=done):
        pieces = step.manifest.pieces
        for place, piece in enumerate(pieces, start=1):
            yield _Wanted(number, piece, last=place == len(pieces))


async def _fetched(stores: Stores, wanted: Iterable[_Wanted], in_flight: int) -> AsyncIterator[tuple[_Wanted, bytes]]:
    """Yield objects in order; those that follow are on their way meanwhile."""
    coming = iter(wanted)
    under_way: deque[tuple[_Wanted, asyncio.Task[bytes]]] = deque()
    following, size = next(coming, None), 0

    def send_for_more() -> None:
        nonlocal following, size
        while following is not None and len(under_way) < AT_ONCE:
            if under_way and size + following.piece.size > in_flight:
                break
            under_way.append((following, asyncio.create_task(stores.content(OBJECTS, following.piece))))
            size += following.piece.size
            following = next(coming, None)

    try:
        send_for_more()
        while under_way:
            each, task = under_way[0]
            content = await task
            under_way.popleft()
            size -= each.piece.size
            yield each, content
            send_for_more()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def _write(storage: Storage, rows: Sequence[Row]) -> None:
    """Write records as they are. The tombstone of what the chain knows to be deleted goes when it has done its work."""
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        await storage.apply(some)
        gone = [(each.ref, each.rev) for each in some if each.body is None and each.shipping == Shipping.DONE]
        if gone:
            await storage.mark_shipped(gone)
