"""Which records are a panorama's past, and which of them were written up to a moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import inf
from typing import Final, NamedTuple

from application.backups.scope import LEFT_OUT
from application.panoramas.entries import ENTRY
from application.panoramas.snapshots import PART as SNAPSHOT_PART
from application.panoramas.snapshots import SNAPSHOT
from application.panoramas.stream import CHANGE, PART
from domain.backups.restoring import Past, Step
from domain.moments import milliseconds
from ports.storage import Row, Shipping

STREAMS: Final = frozenset({CHANGE, PART, SNAPSHOT, SNAPSHOT_PART})
"""What a panorama was: the kinds whose keys are `<panorama>/<version>` and perhaps more."""


class _Stream(NamedTuple):
    tenant: str
    panorama: str


class Cuts:
    """Where each stream ends at a moment: before the first version that was written after it.

    A slow clock may have dated a later version back. A stream is taken as far as it has no gap.
    """

    def __init__(self, at: datetime | None) -> None:
        self._at = inf if at is None else milliseconds(at)
        self._first_after: dict[_Stream, int] = {}

    def look(self, rows: Iterable[Row]) -> None:
        """Take note of the versions that were written after the moment."""
        for row in rows:
            if row.kind == CHANGE and row.updated > self._at:
                stream, version = _place(row)
                self._first_after[stream] = min(version, self._first_after.get(stream, version))

    def keeps(self, row: Row) -> bool:
        """Whether a record of a stream is taken.

        Of a stream that ends there, what was folded or taken away since is not: it stands on what came after.
        """
        stream, version = _place(row)
        cut = self._first_after.get(stream)
        return cut is None or (version < cut and bool(row.body))


def taken(step: Step, rows: Sequence[Row], cuts: Cuts) -> Sequence[Row]:
    """Return what a step takes of the shipped records of its manifest, as it is stored."""
    found = [row for row in rows if _is_taken(step, row, cuts)]
    return found if step.backed_up else [row._replace(shipping=int(Shipping.PENDING)) for row in found]


def _is_taken(step: Step, row: Row, cuts: Cuts) -> bool:
    kind = row.kind
    if kind in LEFT_OUT:
        return False
    if kind in STREAMS:
        return step.past is Past.ALL or (step.past is Past.UNTIL and cuts.keeps(row))
    if kind == ENTRY and step.past is not Past.ALL and row.body is None:
        # It can be made from its stream. It is taken at its newest, and mended where the panorama goes back.
        return False
    return step.rest


def _place(row: Row) -> tuple[_Stream, int]:
    panorama, version = row.key.split("/")[:2]
    return _Stream(row.tenant, panorama), int(version)
