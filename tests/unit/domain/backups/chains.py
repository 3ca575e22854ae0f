"""Chains to try rules on: one segment an hour, and a snapshot each day at noon."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from domain.backups.chains import Chained
from domain.backups.manifests import Link, Manifest, Position, Scan

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(number: int, epoch: int = 1) -> Position:
    """Return a position."""
    return Position(epoch, number)


def segment(number: int, created: datetime = NOON, *, epoch: int = 1, after: Chained | None = None) -> Manifest:
    """Return a segment that follows another manifest, if one is named."""
    return Manifest(
        position=at(number, epoch),
        site="aws",
        created=created,
        predecessor=None if after is None else after.link,
        vault=at(1),
    )


def snapshot(number: int, created: datetime, *, owned: int = 2, after: Chained | None = None) -> Manifest:
    """Return a snapshot during which as many segments were shipped as it owns."""
    begun_after = at(number - owned - 1) if number > owned + 1 else None
    scan = Scan("scan", begun_after, until=at(number - 1), began=created - HOUR, ended=created)
    return replace(segment(number, created, after=after), scan=scan)


def chained(manifest: Manifest) -> Chained:
    """Return a manifest with the hash of its bytes."""
    return Chained(manifest, sha256(msgspec.json.encode(manifest)).hexdigest())


def a_line(days: int, *, every: timedelta = 6 * HOUR) -> list[Chained]:
    """Return a chain that began that many days before NOON: segments at intervals, a snapshot at each noon."""
    line: list[Chained] = []
    moment = NOON - days * DAY
    while moment <= NOON:
        line.append(chained(segment(len(line) + 1, moment, after=line[-1] if line else None)))
        if moment.hour == NOON.hour:
            line.append(chained(snapshot(len(line) + 1, moment, after=line[-1])))
        moment += every
    return line


def positions(manifests: Iterable[Chained]) -> list[Position]:
    """Return where they stand."""
    return [each.position for each in manifests]


def link(number: int, sha: str = "0" * 64) -> Link:
    """Return a link to a manifest that is not there."""
    return Link(at(number), sha)
