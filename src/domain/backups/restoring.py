"""What of a chain is taken to restore a whole site as of a moment."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from domain.backups.chains import Chained, holes
from domain.backups.manifests import Manifest, Position, Span
from domain.backups.recovery import RecoveryPoint, recovery_point


class Past(Enum):
    """How much is taken of what the panoramas were."""

    ALL = "everything"
    UNTIL = "what was written up to the moment"
    NONE = "nothing"


class Step(msgspec.Struct, frozen=True):
    """A manifest of which something is taken."""

    manifest: Manifest
    past: Past = Past.ALL
    rest: bool = True
    """Whether what is no part of a panorama's past is taken from it: that comes at its newest."""

    backed_up: bool = True
    """Whether what is taken is still backed up by the chain that goes on from the restored site."""


class Plan(msgspec.Struct, frozen=True):
    """What is taken, in order, and where the chain goes on."""

    steps: tuple[Step, ...]
    point: RecoveryPoint
    follows: Position | None
    """The last manifest of the chain of which everything is in the restored site; the next one follows it.

    None where the chain begins anew.
    """

    gaps: tuple[Span, ...] = ()
    """What is missing after the recovery point: what was deleted there may be in the restored site."""

    @property
    def is_past(self) -> bool:
        """Whether the panoramas go back to a time before the newest."""
        return any(step.past is not Past.ALL for step in self.steps)

    @property
    def size(self) -> int:
        """Return how many bytes there are to read."""
        return sum(piece.size for step in self.steps for piece in step.manifest.pieces)


def planned(line: Sequence[Chained], at: datetime | None) -> Plan | None:
    """Return what is taken for a moment, by default the newest; None where no unbroken part of the chain leads there.

    A manifest that was made by then is taken whole. From one that was made later, up to the end of the recovery point,
    what panoramas were is taken up to the moment. What is no part of their past is taken from all that follows too.
    Where something is missing there, it is taken from the newest recovery point alone, if that lies beyond; else from
    whatever there is.
    """
    manifests = [each.manifest for each in line]
    point, newest = recovery_point(manifests, at), recovery_point(manifests)
    if point is None or newest is None or (at is None and not _leads_to_the_end(point, manifests)):
        return None
    beyond = [each for each in manifests if each.position > point.position]
    broken = not _leads_to_the_end(point, manifests)
    apart = broken and _leads_to_the_end(newest, manifests)
    steps = [
        Step(manifest, Past.ALL if whole else Past.UNTIL, rest=not apart, backed_up=whole and not broken)
        for manifest, whole in _divided(point, at)
    ]
    if at is not None:
        later = [*_snapshot(newest), *newest.segments] if apart else [each for each in beyond if not each.is_snapshot]
        steps += [Step(each, Past.NONE, backed_up=False) for each in later]
    gaps = tuple(hole for hole in holes(line) if hole.last > point.position)
    plan = Plan(tuple(steps), point, manifests[-1].position, gaps)
    if not plan.is_past:
        return plan
    kept = [step.manifest.position for step in steps if step.backed_up and not step.manifest.is_snapshot]
    return replace(plan, follows=max(kept, default=None))


def _leads_to_the_end(point: RecoveryPoint, line: Sequence[Manifest]) -> bool:
    """Whether nothing is missing after a recovery point."""
    rest = [point.segments[-1], *(each for each in line if each.position > point.position)]
    return all(
        after.predecessor is not None and after.predecessor.position == before.position
        for before, after in pairwise(rest)
    )


def _divided(point: RecoveryPoint, at: datetime | None) -> list[tuple[Manifest, bool]]:
    """Return the manifests of a recovery point, and of each whether it was made, as all before it, by the moment."""
    whole = True
    divided = [(each, True) for each in _snapshot(point)]
    for segment in point.segments:
        whole = whole and (at is None or segment.created <= at)
        divided.append((segment, whole))
    return divided


def _snapshot(point: RecoveryPoint) -> tuple[Manifest, ...]:
    return () if point.snapshot is None else (point.snapshot,)
