"""The commands about single nodes."""

from domain.errors import ActionRefused
from domain.ids import IssueId
from domain.panoramas.commands import Add, Move, Remove, Restore, Retitle
from domain.panoramas.decide_batch import Batch, missing
from domain.panoramas.decide_checks import check_issue, check_title
from domain.panoramas.facts import Kind, Retitled
from domain.panoramas.refusals import Refusal
from domain.panoramas.tree_shape import is_within
from domain.panoramas.tree_slots import NONE


def add(batch: Batch, command: Add) -> None:
    """Make a node."""
    content = _content(command)
    batch.check_number(command.node)
    parent, after = batch.place(command.place)
    node = batch.new_node()
    batch.add(node, command.kind, content, parent, after)
    if command.node is not None:
        batch.made[command.node] = node


def move(batch: Batch, command: Move) -> None:
    """Bring a node elsewhere; where it is already, nothing happens."""
    slot = batch.target_below_root(command.node)
    parent, after = batch.place(command.place, slot)
    if is_within(batch.slots, parent, slot):
        raise ActionRefused(Refusal.BELOW_ITSELF, batch.slots.node[slot])
    batch.move(slot, parent, after)


def remove(batch: Batch, command: Remove) -> None:
    """Take a node out."""
    batch.remove(batch.target_below_root(command.node))


def restore(batch: Batch, command: Restore) -> None:
    """Bring a removed node back, to the place it had unless the command says another."""
    slot = batch.named(command.node)
    if slot == NONE:
        raise missing(command.node)
    node = batch.slots.node[slot]
    if not batch.is_removed(slot):
        raise ActionRefused(Refusal.NOT_REMOVED, node)
    if command.place is not None:
        batch.restore(slot, *batch.place(command.place))
        return
    parent = batch.slots.parent[slot]
    if not batch.is_active(parent):
        raise ActionRefused(Refusal.PARENT_GONE, node)
    batch.restore(slot, parent, batch.behind(parent, batch.slots.places.get(slot, None)))


def retitle(batch: Batch, command: Retitle) -> None:
    """Give a group or note another title; the one it has changes nothing."""
    check_title(command.title)
    slot = batch.target_below_root(command.node)
    node, title = batch.slots.node[slot], batch.slots.title[slot]
    if title is None:
        raise ActionRefused(Refusal.NO_TITLE, node)
    if title != command.title:
        batch.record(Retitled(node, title, command.title))


def _content(command: Add) -> IssueId | str:
    if command.kind is Kind.ISSUE and command.issue is not None and command.title is None:
        check_issue(command.issue)
        return command.issue
    if command.kind is not Kind.ISSUE and command.issue is None and command.title is not None:
        check_title(command.title)
        return command.title
    raise ActionRefused(Refusal.KIND)
