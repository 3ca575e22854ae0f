"""Which records are a panorama's past, and which of them were written up to a moment."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.panoramas.entries import ENTRY
from application.panoramas.places import PLACE
from application.panoramas.snapshots import PART as SNAPSHOT_PART
from application.panoramas.snapshots import SNAPSHOT
from application.panoramas.stream import CHANGE, PART
from domain.backups.restoring import Past, Step
from ports.storage import Record, Shipping

STREAMS: Final = frozenset({CHANGE, PART, SNAPSHOT, SNAPSHOT_PART})
"""What a panorama was: the kinds whose keys are `<panorama>/<version>` and perhaps more."""

MADE_FROM_STREAMS: Final = frozenset({ENTRY, PLACE})
"""What can be made from streams. It is taken at its newest, and mended where panoramas go back."""


class _Stream(NamedTuple):
    tenant: str
    panorama: str


class Cuts:
    """Where each stream ends at a moment: before the first version that was written after it.

    A slow clock may have dated a later version back. A stream is taken as far as it has no gap.
    """

    def __init__(self, at: datetime | None) -> None:
        self._at = at
        self._first_after: dict[_Stream, int] = {}

    def look(self, records: Iterable[Record]) -> None:
        """Take note of the versions that were written after the moment."""
        for record in records:
            if record.ref.kind == CHANGE and self._at is not None and record.updated > self._at:
                stream, version = _place(record)
                self._first_after[stream] = min(version, self._first_after.get(stream, version))

    def keeps(self, record: Record) -> bool:
        """Whether a record of a stream is taken.

        Of a stream that ends there, what was folded or taken away since is not: it stands on what came after.
        """
        stream, version = _place(record)
        cut = self._first_after.get(stream)
        return cut is None or (version < cut and bool(record.body))


def taken(step: Step, records: Iterable[Record], cuts: Cuts) -> list[Record]:
    """Return what a step takes of the records of its manifest, as it is stored."""
    shipping = Shipping.DONE if step.backed_up else Shipping.PENDING
    return [
        record if record.shipping is shipping else replace(record, shipping=shipping)
        for record in records
        if _is_taken(step, record, cuts)
    ]


def _is_taken(step: Step, record: Record, cuts: Cuts) -> bool:
    kind = record.ref.kind
    if kind in STREAMS:
        return step.past is Past.ALL or (step.past is Past.UNTIL and cuts.keeps(record))
    if kind in MADE_FROM_STREAMS and step.past is not Past.ALL and record.body is None:
        return False
    return step.rest


def _place(record: Record) -> tuple[_Stream, int]:
    panorama, version = record.ref.key.split("/")[:2]
    return _Stream(record.ref.tenant, panorama), int(version)
