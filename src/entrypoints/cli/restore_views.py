"""What `panorama restore` shows."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from rich.filesize import decimal

from application.restore.panoramas import BroughtBack
from application.restore.site import Prepared, Restored
from application.restore.sources import Flaw
from domain.backups.manifests import Position, Span
from entrypoints.cli.output import Output


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore would do."""

    to: str
    at: datetime | None
    covered: datetime | None
    position: Position
    snapshot: Position | None
    segments: int
    gaps: tuple[Span, ...]
    """What is missing after the recovery point: what was deleted there may be in the restored site."""

    bytes: int
    begun: bool
    """Whether it would go on with what was begun before."""


def telling(output: Output) -> Callable[[Flaw], None]:
    """Return what tells people, while it goes on, of something that a store did not give."""
    return lambda flaw: output.remark(f"{flaw}; another store is tried")


def show_plan(output: Output, prepared: Prepared, site: str) -> None:
    """Say what would be restored."""
    plan, point = prepared.plan, prepared.plan.point
    planned = Planned(
        to=site,
        at=prepared.restoring.at,
        covered=point.covered,
        position=point.position,
        snapshot=None if point.snapshot is None else point.snapshot.position,
        segments=len(point.segments),
        gaps=plan.gaps,
        bytes=plan.size,
        begun=prepared.begun,
    )
    if output.json:
        output.document({"would": planned})
        return
    begin = "the very beginning" if planned.snapshot is None else f"the snapshot {planned.snapshot}"
    output.line(
        f"{decimal(planned.bytes)} would be restored to site {site}: {begin} and {planned.segments} segments, "
        f"up to manifest {planned.position}{_covers(planned.covered)}."
    )
    for gap in planned.gaps:
        output.line(f"Missing after that: {gap}. What was deleted there may come back.")


def show_restored(output: Output, restored: Restored, site: str) -> None:
    """Say what has been restored, and what was taken from another store than it should have been in."""
    if output.json:
        output.document({"to": site, "restored": restored})
        return
    checked = restored.checked
    output.line(
        f"Site {site} is restored up to manifest {restored.position}{_covers(restored.covered)}: {checked.records} "
        f"records, {checked.panoramas} panoramas of {checked.tenants} sites of Jira, all read back."
    )
    if restored.erased:
        output.line(f"{restored.erased} that had been erased were erased again.")
    _show_flaws(output, restored.flaws)


def show_brought(output: Output, back: BroughtBack) -> None:
    """Say which panoramas were brought back as which, or would be."""
    if output.json:
        output.document({"brought": back})
        return
    rows = [(each.original, each.version, each.nodes, each.panorama or "not written") for each in back.panoramas]
    output.table(("panorama", "version", "nodes", "brought back as"), rows)
    _show_flaws(output, back.flaws)


def _show_flaws(output: Output, flaws: Sequence[Flaw]) -> None:
    if flaws:
        rows = [(flaw.store, flaw.what, flaw.code) for flaw in flaws]
        output.table(("store", "what it did not give", "why"), rows)


def _covers(covered: datetime | None) -> str:
    return "" if covered is None else f", which covers {covered.isoformat(timespec='seconds')}"
