"""Taking away what nobody needs any more: expired uses of tokens, and parts that nothing names."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from application.maintenance.jobs import Due, Finding, Report, Turn
from application.panoramas import snapshots, stream
from application.panoramas.parts import Pieces
from application.panoramas.snapshots import Header
from application.panoramas.stream import StoredChange
from application.sealing.records import Records, Write
from application.tenants.replays import USE
from domain.ids import TenantId
from ports.errors import Conflict, Corrupt, NotFound
from ports.sources import Clock
from ports.storage import SCAN_LIMIT, Record, Ref

_BATCH: Final = 500
_EVER: Final = datetime.max.replace(tzinfo=UTC)

_PLANNED: Final = {
    USE: "forget used tokens that have expired",
    stream.PART: "look whether a change names its parts",
    snapshots.PART: "look whether a snapshot names its parts",
}
"""Each kind of record that is looked at when it is due, and what for."""

_USES: Final = "used tokens forgotten"
_ORPHANS: Final = "parts without a name removed"
_ADOPTED: Final = "parts with a name kept"


class Sweeping:
    """A job: forgets used tokens when they have expired, and looks at each part a day after it was written.

    A part that cannot be judged, because it or what should name it does not open, is left as it is and told: its key
    may be missing because somebody has named the wrong vault, and whoever erases a tenant takes its parts away as well.
    Up to a thousand of those at once keep nothing else from being swept.
    """

    name = "sweep"

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def plan(self) -> list[Due]:
        """Return when the next of each kind is due; what follows it comes by the thousand, and concerns nobody."""
        soonest = [(kind, await self._records.storage.due(kind, _EVER, 1)) for kind in _PLANNED]
        due = [Due(at=record.due, what=_PLANNED[kind]) for kind, found in soonest for record in found if record.due]
        return sorted(due, key=lambda each: each.at)

    async def run(self, turn: Turn) -> Report:
        """Sweep batch by batch until nothing is due but what cannot be judged."""
        done: Counter[str] = Counter()
        stuck: set[Ref] = set()
        for kind in _PLANNED:
            while due := await self._due(kind, stuck):
                for record in due:
                    if turn.is_over():
                        return Report(done=dict(done), findings=_findings(stuck), unfinished=True)
                    await self._settle(record, done, stuck)
                    turn.advance()
        return Report(done=dict(done), findings=_findings(stuck))

    async def _due(self, kind: str, stuck: set[Ref]) -> list[Record]:
        found = await self._records.storage.due(kind, self._clock(), min(_BATCH + len(stuck), SCAN_LIMIT))
        return [record for record in found if record.ref not in stuck]

    async def _settle(self, record: Record, done: Counter[str], stuck: set[Ref]) -> None:
        try:
            done[await self._judge(record)] += 1
        except (Corrupt, NotFound):
            stuck.add(record.ref)

    async def _judge(self, record: Record) -> str:
        if record.ref.kind == USE:
            await _forget(record, self._records)
            return _USES
        if await _is_named(record, self._records):
            await _adopt(record, self._records)
            return _ADOPTED
        await _forget(record, self._records)
        return _ORPHANS


def _findings(stuck: set[Ref]) -> tuple[Finding, ...]:
    """Return one finding for each tenant."""
    counts = Counter(ref.tenant for ref in stuck)
    return tuple(
        Finding(
            code="unreadable-part",
            what=f"{count} parts of large changes or snapshots, or what should name them, do not open. Nothing of them "
            "was removed: look whether the vault is the right one, then restore the tenant's panoramas from a backup",
            tenant=TenantId(tenant),
        )
        for tenant, count in sorted(counts.items())
    )


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
