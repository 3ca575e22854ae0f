"""What `panorama backup` shows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import typer
from rich.filesize import decimal

from application.backups.backups import Backups
from application.backups.book import Entry
from application.backups.problems import Verified
from application.backups.pruning_plan import Doomed
from application.backups.shipping import Shipped
from application.backups.status import Status, StoreStatus
from application.backups.verification import Looked as LastLook
from application.drills.results import Result
from application.maintenance.jobs import Finding, Report
from domain.backups.chains import arranged
from domain.backups.manifests import Manifest, Position
from domain.backups.recovery import Window, windows
from entrypoints.cli.drill_views import drills_in_short
from entrypoints.cli.output import Output

PROMISE: Final = timedelta(seconds=60)
"""What was acknowledged longer ago survives the loss of the site's cloud."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What `now` has done."""

    shipped: Shipped
    snapshot: Report | None
    status: Status


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the backups stand."""

    status: Status
    looked: LastLook | None
    drills: tuple[Result, ...]
    """The last ones, the newest last."""

    fine: bool


class Looked(msgspec.Struct, frozen=True):
    """What came of looking at one store."""

    verified: Verified
    repaired: bool
    """Whether it is given once more what it lacks."""

    opened: Result | None = None
    """What came of opening everything, if that was asked for."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return everything that is wrong."""
        return (*map(str, self.verified.problems), *(self.opened.problems if self.opened is not None else ()))


class Pruned(msgspec.Struct, frozen=True):
    """What was deleted."""

    done: dict[str, int]
    findings: tuple[Finding, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest, as operators see it."""

    position: Position
    snapshot: bool
    created: datetime
    covered: datetime | None
    records: int
    bytes: int


class Listing(msgspec.Struct, frozen=True):
    """What there is, and what can be restored."""

    windows: tuple[Window, ...]
    manifests: tuple[Line, ...]


async def look(backups: Backups) -> Standing:
    """Return how the backups stand."""
    status = await backups.status()
    failing = any(store.state.failing for store in status.stores)
    drills = await backups.drilling.results.all()
    drilled = all(each.succeeded for each in drills[-1:])
    return Standing(
        status=status,
        looked=await backups.verifying.last(),
        drills=drills,
        fine=status.lag <= PROMISE and not failing and not status.losses and drilled,
    )


async def listing(backups: Backups) -> Listing:
    """Return what the site's book says that there is."""
    entries: list[Entry] = [entry async for entry in backups.ground.book.after(None)]
    line = arranged(entry.chained for entry in entries).manifests
    return Listing(tuple(windows(line)), tuple(_line(manifest) for manifest in line))


def show_now(output: Output, done: Now) -> None:
    """Say what was shipped, and what a store lacks."""
    if output.json:
        output.document(done)
        return
    shipped = done.shipped
    output.line(f"Shipped {shipped.records} records in {shipped.segments} segments ({decimal(shipped.size)}).")
    if done.snapshot is not None:
        taken = "taken" if not done.snapshot.unfinished else "not through; `panorama maintain` goes on with it"
        output.line(f"The snapshot is {taken}.")
    for store, code in shipped.behind.items():
        output.line(f"! {store} could not be given everything: {code}. It is given the rest when it answers.")
    output.line(_verdict(done.status))


def show_status(output: Output, found: Standing) -> None:
    """Show how each store stands, and the whole in a sentence."""
    if output.json:
        output.document(found)
        return
    status = found.status
    rows = [_store_row(store, status.at) for store in status.stores]
    output.table(("store", "cloud", "has up to", "covers up to", "copy of the vault", "state"), rows)
    taken = "none yet" if status.snapshot is None else f"{status.snapshot.position}, {_moment(status.snapshot.began)}"
    output.line(f"Newest manifest: {status.newest or 'none yet'}. Newest snapshot: {taken}.")
    for loss in status.losses:
        output.line(f"! Objects of manifest {loss} are lost; a snapshot makes up for it, and is due now.")
    for verified in () if found.looked is None else found.looked.stores:
        for problem in verified.problems:
            output.line(f"! {problem}.")
    output.line(drills_in_short(found.drills))
    output.line(_verdict(status))


def show_list(output: Output, found: Listing, *, segments: bool) -> None:
    """Show the manifests, and what can be restored."""
    shown = [each for each in found.manifests if segments or each.snapshot]
    if output.json:
        output.document(Listing(found.windows, tuple(shown)))
        return
    rows = [
        (
            each.position,
            "snapshot" if each.snapshot else "segment",
            _moment(each.created),
            f"{each.records:,}",
            decimal(each.bytes),
        )
        for each in shown
    ]
    output.table(("manifest", "is a", "made", "records", "size"), rows)
    for window in found.windows:
        first, last = _moment(window.first), _moment(window.last)
        output.line(f"Can be restored to {first}." if first == last else f"Any moment from {first} to {last}.")
    if not found.windows:
        output.line("Nothing can be restored yet.")


def show_looks(output: Output, looked: Sequence[Looked]) -> None:
    """Show what was read of each store, and everything that is wrong."""
    if output.json:
        output.document(looked)
        return
    rows = [
        (
            each.verified.store,
            each.verified.manifests,
            each.verified.objects,
            each.verified.read,
            "not here" if each.verified.locked is None else each.verified.locked,
            "" if each.opened is None else each.opened.records,
            len(each.problems),
        )
        for each in looked
    ]
    output.table(("store", "manifests", "objects", "read", "locked", "records opened", "problems"), rows)
    for each in looked:
        for problem in each.problems:
            output.line(f"! {problem}.")
        if each.repaired:
            output.line(f"{each.verified.store} is being given once more what it lacks.")
    if not any(each.problems for each in looked):
        output.line("Every store is whole, as far as it was read.")


def show_planned(output: Output, found: Sequence[Doomed], findings: Sequence[Finding]) -> None:
    """Show what would be deleted, and of which stores that cannot be said."""
    for finding in findings:
        typer.echo(f"! {finding.what}.", err=True)  # The JSON is a list of what would be deleted.
    if output.json:
        output.document(found)
        return
    output.table(("store", "object", "size"), [(each.store, each.name, decimal(each.size)) for each in found])
    output.line(f"{len(found)} objects would be deleted.")


def show_pruned(output: Output, pruned: Pruned) -> None:
    """Say what was deleted, and what could not be."""
    if output.json:
        output.document(pruned)
        return
    output.line(", ".join(f"{what}: {count}" for what, count in pruned.done.items()) or "There was nothing to delete.")
    for finding in pruned.findings:
        output.line(f"! {finding.what}.")


def _verdict(status: Status) -> str:
    seconds = status.lag.total_seconds()
    if status.epoch == 0:
        return "This site does not write now, so it ships nothing."
    where = (
        "outside the site's cloud" if status.outside else "in every store, none of which is outside the site's cloud"
    )
    if not seconds:
        return f"Everything acknowledged is {where}."
    kept = "as promised" if status.lag <= PROMISE else "longer than the minute that is promised"
    return f"What was acknowledged in the last {seconds:.0f} s is not yet {where}: {kept}."


def _store_row(store: StoreStatus, now: datetime) -> tuple[object, ...]:
    state = store.state
    standing = "has everything" if state.failing is None else f"! {state.failure} for {_span(now - state.failing)}"
    return (
        store.name,
        f"{store.cloud or 'not known'}{' (counts)' if store.counts else ''}",
        state.head or "nothing",
        _moment(state.covered),
        state.vault or "none",
        standing if state.reached or state.failing else "not tried yet",
    )


def _line(manifest: Manifest) -> Line:
    return Line(
        position=manifest.position,
        snapshot=manifest.is_snapshot,
        created=manifest.created,
        covered=manifest.covered,
        records=manifest.records,
        bytes=manifest.size,
    )


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _span(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
