"""Whether manifests make one chain, and what is wrong where they do not."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from domain.backups.manifests import Link, Manifest, Position, Span
from domain.backups.retention import Retention, may_be_missing


class Chained(msgspec.Struct, frozen=True):
    """A manifest and the hash of its bytes, by which the next one names it."""

    manifest: Manifest
    sha256: str

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.manifest.position

    @property
    def link(self) -> Link:
        """Return what the next manifest names it by."""
        return Link(self.position, self.sha256)


class Chain(msgspec.Struct, frozen=True):
    """What there is of a chain."""

    line: tuple[Chained, ...]
    """The manifests that lead to the newest one, oldest first."""

    aside: tuple[Chained, ...]
    """Those of an older epoch beyond the place where the next epoch took over: nothing follows them."""

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Return the manifests of the line."""
        return tuple(each.manifest for each in self.line)


def arranged(found: Iterable[Chained]) -> Chain:
    """Return the chain that the manifests make: back from the newest, each at its predecessor's place or before it."""
    line: list[Chained] = []
    aside: list[Chained] = []
    for each in sorted(found, key=lambda chained: chained.position, reverse=True):
        last = line[-1].manifest.predecessor if line else None
        if line and (last is None or each.position > last.position):
            aside.append(each)
        else:
            line.append(each)
    return Chain(tuple(reversed(line)), tuple(reversed(aside)))


def altered(line: Sequence[Chained]) -> list[Position]:
    """Each manifest is what the next one says that it is; return those that are not."""
    return [
        before.position
        for before, after in pairwise(line)
        if (said := after.manifest.predecessor) is not None
        and said.position == before.position
        and said.sha256 != before.sha256
    ]


def holes(line: Sequence[Chained]) -> list[Span]:
    """Return which manifests are missing before those that are there, by their numbers."""
    found = []
    before: Position | None = None
    for each in line:
        said = each.manifest.predecessor
        if said is not None and (before is None or said.position > before):
            number = before.number + 1 if before is not None and before.epoch == said.position.epoch else 1
            found.append(Span(Position(said.position.epoch, number), said.position))
        before = each.position
    return found


def lost(line: Sequence[Chained], retention: Retention, now: datetime) -> list[Span]:
    """Return which manifests are missing that should not have been given up yet."""
    manifests = [each.manifest for each in line]
    return [hole for hole in holes(line) if not may_be_missing(hole, manifests, retention, now)]
