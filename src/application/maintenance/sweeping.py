"""Taking away what nobody needs any more: expired uses of tokens, and parts that nothing names."""

from contextlib import suppress
from typing import Final

from application.maintenance.jobs import Due, Report, Turn
from application.panoramas import snapshots, stream
from application.panoramas.parts import Pieces
from application.panoramas.snapshots import Header
from application.panoramas.stream import StoredChange
from application.sealing.records import Records, Write
from application.tenants.replays import USE
from ports.errors import Conflict, NotFound
from ports.sources import Clock
from ports.storage import Record, Ref

_BATCH: Final = 500

_USES: Final = "used tokens forgotten"
_ORPHANS: Final = "parts without a name removed"
_ADOPTED: Final = "parts with a name kept"


class Sweeping:
    """A job: forgets used tokens when they have expired, and looks at each part a day after it was written."""

    name = "sweep"

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def plan(self) -> list[Due]:
        """Return nothing: what is due is small, comes every minute, and concerns nobody."""
        return []

    async def run(self, turn: Turn) -> Report:
        """Sweep batch by batch until nothing is due."""
        done: dict[str, int] = {}
        for kind in (USE, stream.PART, snapshots.PART):
            while due := await self._records.storage.due(kind, self._clock(), _BATCH):
                for record in due:
                    if turn.is_over():
                        return Report(done=done, unfinished=True)
                    what = await self._settle(record)
                    done[what] = done.get(what, 0) + 1
                    turn.advance()
        return Report(done=done)

    async def _settle(self, record: Record) -> str:
        if record.ref.kind == USE:
            await _forget(record, self._records)
            return _USES
        try:
            if await _is_named(record, self._records):
                await _adopt(record, self._records)
                return _ADOPTED
        except NotFound:
            # The tenant's key has been destroyed, so that nothing can name the part any more.
            pass
        await _forget(record, self._records)
        return _ORPHANS


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
