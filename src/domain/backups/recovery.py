"""Which moments can be restored, and what it takes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from domain.backups.manifests import Manifest, Position
from domain.backups.retention import began_before


class RecoveryPoint(msgspec.Struct, frozen=True):
    """What leads to a moment: a snapshot, and the segments that are applied to it in order."""

    snapshot: Manifest | None
    """None where everything since the very first segment is applied."""

    segments: tuple[Manifest, ...]

    @property
    def position(self) -> Position:
        """The last manifest that it takes."""
        return self.segments[-1].position

    @property
    def covered(self) -> datetime | None:
        """Everything that had been acknowledged before this moment is there."""
        return self.segments[-1].covered


class Window(msgspec.Struct, frozen=True):
    """Any moment from the first to the last can be restored; where they are the same, that one alone."""

    first: datetime
    last: datetime


class _Base(NamedTuple):
    """Something to begin from."""

    snapshot: Manifest | None
    segments: Sequence[Manifest]
    """Those that are applied to it, the last of them the newest there is."""

    whole: int
    """How many of them it takes at the least."""

    @property
    def begin(self) -> datetime | None:
        """The first moment that can be reached from there."""
        return self.segments[self.whole - 1].covered


def windows(line: Sequence[Manifest]) -> list[Window]:
    """Return from when to when a chain of manifests, oldest first, leads to any moment."""
    found = []
    for run in _runs(line):
        first = next((base.begin for base in _bases(run) if base.begin is not None), None)
        last = next((each.covered for each in reversed(run) if each.covered is not None), None)
        if first is not None and last is not None:
            found.append(Window(first, last))
    return found


def recovery_point(line: Sequence[Manifest], at: datetime | None = None) -> RecoveryPoint | None:
    """Return what leads to a moment, by default the newest there is; None where nothing does.

    That is the newest snapshot that was whole by then, or the very beginning, and the segments since, up to the first
    that covers more; where the chain is interrupted, up to the last, if it covers as much. A moment beyond the newest
    is the newest.
    """
    runs = _runs(line)
    for run in reversed(runs):
        for base in reversed(list(_bases(run))):
            if at is None:
                return RecoveryPoint(base.snapshot, tuple(base.segments))
            if base.begin is None or base.begin > at:
                continue
            enough = next((n for n, each in enumerate(base.segments, start=1) if _is_beyond(each, at)), None)
            if enough is None and run is not runs[-1] and base.segments[-1].covered != at:
                return None
            needed = len(base.segments) if enough is None else max(enough, base.whole)
            return RecoveryPoint(base.snapshot, tuple(base.segments[:needed]))
    return None


def _runs(line: Sequence[Manifest]) -> list[list[Manifest]]:
    """Divide the chain where something is missing."""
    runs: list[list[Manifest]] = []
    for manifest in line:
        said = manifest.predecessor
        if runs and said is not None and said.position == runs[-1][-1].position:
            runs[-1].append(manifest)
        else:
            runs.append([manifest])
    return runs


def _bases(run: Sequence[Manifest]) -> Iterator[_Base]:
    """Yield what one can begin from in a run, oldest first: its segments lead from there to the end."""
    segments = [each for each in run if not each.is_snapshot]
    start = run[0].predecessor
    if start is None and segments:
        yield _Base(None, segments, 1)
    for snapshot in run:
        scan = snapshot.scan
        if scan is None or (start is not None and (scan.after is None or start.position > scan.after)):
            continue
        since = [each for each in segments if began_before(snapshot, each.position)]
        yield _Base(snapshot, since, sum(each.position <= scan.until for each in since))


def _is_beyond(segment: Manifest, moment: datetime) -> bool:
    return segment.covered is not None and segment.covered > moment
