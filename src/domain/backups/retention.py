"""What of a backup is kept, and for how long."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from domain.backups.manifests import Manifest, Position, Span, VaultCopy


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long things are kept."""

    segments: timedelta = timedelta(days=7)
    """For how long any moment can be restored."""

    dailies: timedelta = timedelta(days=35)
    """For how long the last snapshot of each day is kept."""

    monthlies: timedelta = timedelta(days=366)
    """For how long the first snapshot of each month is kept."""

    vault_copies: timedelta = timedelta(days=10)
    """For how long a copy of the key vault is kept; the erasure of a tenant waits for it."""


def kept(line: Sequence[Manifest], retention: Retention, now: datetime) -> set[Position]:
    """Return what is kept of a chain of manifests, which come oldest first.

    Of the snapshots: the newest, each that is as young as segments are kept, the last of a day and the first of a month
    in their times. Of the segments: what a snapshot that is kept is not whole without, and what leads from a snapshot
    to any moment that is as young. Until there is a snapshot from before such a moment, nothing is given up.
    """
    snapshots = [manifest for manifest in line if manifest.is_snapshot]
    base = _last_before(snapshots, now - retention.segments)
    if base is None:
        return {manifest.position for manifest in line}
    chosen = (base, *_chosen(snapshots, retention, now))
    return {snapshot.position for snapshot in chosen} | {
        segment.position
        for segment in line
        if not segment.is_snapshot and _is_needed(Span(segment.position, segment.position), base, chosen)
    }


def may_be_missing(span: Span, line: Sequence[Manifest], retention: Retention, now: datetime) -> bool:
    """Whether segments may have been given up, by what is there of their chain."""
    snapshots = [manifest for manifest in line if manifest.is_snapshot]
    base = _last_before(snapshots, now - retention.segments)
    return base is not None and not _is_needed(span, base, (base, *_chosen(snapshots, retention, now)))


def owns(snapshot: Manifest, segment: Position) -> bool:
    """A snapshot owns the segments that were shipped while it was taken, without which it is not whole."""
    return snapshot.scan is not None and began_before(snapshot, segment) and segment <= snapshot.scan.until


def began_before(snapshot: Manifest, segment: Position) -> bool:
    """Whether the scan of a snapshot had begun when a segment was committed."""
    return snapshot.scan is not None and (snapshot.scan.after is None or segment > snapshot.scan.after)


def locked_until(manifest: Manifest, before: Iterable[Manifest], retention: Retention) -> datetime:
    """Return until when nobody may delete a manifest and its objects, for whoever can lock them.

    `before` are the manifests before it, which tell whether a snapshot is the first of its month. What a snapshot owns
    is locked for as long as the snapshot.
    """
    if not manifest.is_snapshot:
        return manifest.created + retention.segments
    months = {_month(each.created) for each in before if each.is_snapshot}
    return manifest.created + (retention.dailies if _month(manifest.created) in months else retention.monthlies)


def copy_locked_until(copy: VaultCopy, retention: Retention) -> datetime:
    """Return until when nobody may delete the list of a copy of the vault and its objects, likewise."""
    return copy.created + retention.vault_copies


def locks(line: Sequence[Manifest], retention: Retention) -> dict[Position, datetime]:
    """Return until when nobody may delete each manifest of a chain and its objects: its own time, or its owner's."""
    found: dict[Position, datetime] = {}
    for place, manifest in enumerate(line):
        before = line[:place] if manifest.is_snapshot else ()
        until = locked_until(manifest, before, retention)
        for position in (manifest.position, *(each.position for each in before if owns(manifest, each.position))):
            found[position] = max(until, found.get(position, until))
    return found


def kept_copies(
    copies: Iterable[VaultCopy], verified: Position | None, retention: Retention, now: datetime
) -> set[Position]:
    """Return which copies of the vault are kept: each for its time, and the one at `verified` for longer.

    That is the newest copy which every store is known to hold whole; while there is none, all are kept.
    """
    return {
        copy.position
        for copy in copies
        if verified is None or copy.position == verified or now - copy.created < retention.vault_copies
    }


def _is_needed(span: Span, base: Manifest, chosen: Iterable[Manifest]) -> bool:
    """Whether any of these segments leads to a moment that can be restored, or is owned."""
    return began_before(base, span.last) or any(
        snapshot.scan is not None and began_before(snapshot, span.last) and span.first <= snapshot.scan.until
        for snapshot in chosen
    )


def _chosen(snapshots: Sequence[Manifest], retention: Retention, now: datetime) -> Iterator[Manifest]:
    newest_first = snapshots[::-1]
    yield newest_first[0]
    yield from (each for each in snapshots if now - each.created < retention.segments)
    yield from _first_of_each(_day, newest_first, now - retention.dailies)
    yield from _first_of_each(_month, snapshots, now - retention.monthlies)


def _first_of_each(
    period: Callable[[datetime], object], snapshots: Iterable[Manifest], since: datetime
) -> Iterator[Manifest]:
    seen = set()
    for snapshot in snapshots:
        name = period(snapshot.created)
        if name not in seen and snapshot.created > since:
            yield snapshot
        seen.add(name)


def _last_before(snapshots: Iterable[Manifest], moment: datetime) -> Manifest | None:
    return max(
        (snapshot for snapshot in snapshots if snapshot.created <= moment),
        key=lambda snapshot: snapshot.position,
        default=None,
    )


def _day(moment: datetime) -> object:
    return moment.date()


def _month(moment: datetime) -> object:
    return (moment.year, moment.month)
