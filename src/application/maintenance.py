"""What is due, in which order: the small regular work of the service."""

from contextlib import suppress
from datetime import timedelta
from typing import Final, NoReturn

import msgspec

from application.panoramas import snapshots, stream
from application.panoramas.parts import Pieces
from application.panoramas.snapshots import Header
from application.panoramas.stream import StoredChange
from application.sealing.records import Records, Write
from application.tenants.replays import USE
from ports.errors import Conflict, PortError
from ports.sources import Clock, Sleep
from ports.storage import Record, Ref

TURN: Final = timedelta(minutes=1)
"""How often maintenance looks for what is due."""

_BATCH: Final = 500


class Swept(msgspec.Struct, frozen=True):
    """What one turn found due."""

    uses: int
    """Used tokens that have expired and need not be remembered any more."""

    orphans: int
    """Parts that nothing names a day after they were written."""

    adopted: int
    """Parts that are named, and are not looked at again."""


async def maintain(records: Records, clock: Clock, sleep: Sleep) -> NoReturn:
    """Sweep once a turn until the task is cancelled. A turn that the store fails is made up for by the next one."""
    while True:
        await sleep(TURN.total_seconds())
        with suppress(PortError):
            await sweep(records, clock)


async def sweep(records: Records, clock: Clock) -> Swept:
    """Take away what nobody needs any more, as much as one turn may; any number of processes may do so at once."""
    now = clock()
    uses = await records.storage.due(USE, now, _BATCH)
    for record in uses:
        await _forget(record, records)
    orphans = adopted = 0
    for kind in (stream.PART, snapshots.PART):
        for record in await records.storage.due(kind, now, _BATCH):
            if await _is_named(record, records):
                await _adopt(record, records)
                adopted += 1
            else:
                await _forget(record, records)
                orphans += 1
    return Swept(uses=len(uses), orphans=orphans, adopted=adopted)


async def _forget(record: Record, records: Records) -> None:
    with suppress(Conflict):
        await records.delete(record.ref, record.rev)


async def _is_named(record: Record, records: Records) -> bool:
    """Whether the change or the snapshot that the part was written for came to be, and names this very try."""
    panorama, version, attempt, _ = record.ref.key.split("/")
    tenant, key = record.ref.tenant, f"{panorama}/{version}"
    pieces: Pieces | None = None
    if record.ref.kind == stream.PART:
        change = await records.get(Ref(tenant, stream.CHANGE, key), StoredChange)
        pieces = change.value.pieces if change is not None else None
    else:
        header = await records.get(Ref(tenant, snapshots.SNAPSHOT, key), Header)
        pieces = header.value.pieces if header is not None else None
    return pieces is not None and pieces.id == attempt


async def _adopt(record: Record, records: Records) -> None:
    """Write the part again with nothing due; a body opens as its own revision only, so it is sealed anew."""
    held = await records.open(record, bytes)
    with suppress(Conflict):
        await records.put(Write(ref=record.ref, rev=record.rev + 1, value=held.value))
