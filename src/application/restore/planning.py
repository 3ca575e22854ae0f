"""Choosing what of the backups is taken."""

from collections.abc import Sequence
from datetime import datetime

from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from domain.backups.chains import Chained, holes
from domain.backups.manifests import Link
from domain.backups.recovery import Window, windows
from domain.backups.restoring import Plan, planned


async def line_up_to(stores: Stores, at: datetime | None, newest: Link | None = None) -> list[Chained]:
    """Return the chain, nothing beyond `newest` if that is given; raises RestoreRefused where that cannot be told."""
    line = await stores.line()
    unreadable = stores.unreadable_after(line)
    if at is None and unreadable:
        raise RestoreRefused(
            f"the newest manifest, {unreadable[-1]}, is damaged in every store that has it",
            "restore what was covered before it, with --at; `panorama backup list` tells the moments",
        )
    if newest is None:
        return line
    line = [each for each in line if each.position <= newest.position]
    if not line or line[-1].link != newest:
        raise RestoreRefused(
            "the backups that the restore was begun from are no longer there",
            "empty storage and vault, and begin anew",
        )
    return line


def plan_of(line: Sequence[Chained], at: datetime | None) -> Plan:
    """Return what is taken for a moment, by default the newest; raises RestoreRefused with the moments that there are.

    No moment is offered across a gap, which is named.
    """
    plan = planned(line, at)
    if plan is None:
        missing = "".join(f"; {span} missing" for span in holes(line))
        raise RestoreRefused(
            f"no backup leads to {moment(at)}{missing}", _offer(windows([each.manifest for each in line]))
        )
    return plan


def moment(at: datetime | None) -> str:
    """Name a moment."""
    return "the newest moment" if at is None else at.isoformat()


def _offer(found: list[Window]) -> str:
    if not found:
        return "`panorama backup verify` tells what is missing"
    spans = ", ".join(f"from {each.first.isoformat()} to {each.last.isoformat()}" for each in found)
    return f"choose a moment {spans}"
