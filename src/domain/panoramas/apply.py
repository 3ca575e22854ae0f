"""What a change does to a tree: the fast way, in place. The tests hold it against a plain reference."""

from collections.abc import Callable
from typing import Any, Final

from domain.panoramas import apply_nodes
from domain.panoramas.apply_nodes import Stamp
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import (
    AccessChanged,
    Added,
    AnyFact,
    Archived,
    Change,
    Discarded,
    Forgotten,
    Kind,
    Moved,
    Opened,
    Removed,
    Renamed,
    Restored,
    Retitled,
    Synchronised,
    Withdrawn,
)
from domain.panoramas.moments import to_microseconds
from domain.panoramas.tree import Tree
from domain.panoramas.tree_nodes import new_slot
from domain.panoramas.tree_slots import empty_slots


def begin(change: Change) -> Tree:
    """Return the tree that version 1 makes. Raises BrokenStream if it is not version 1 or does not begin by Opened."""
    if change.version != 1 or not change.facts or not isinstance(opened := change.facts[0], Opened):
        raise BrokenStream("a stream that begins otherwise")
    stamp = Stamp(change.author, to_microseconds(change.at))
    slots = empty_slots()
    apply_nodes.sign(slots, new_slot(slots, opened.root, Kind.GROUP, None, None), stamp)
    tree = Tree(opened, change.at, slots)
    for fact in change.facts[1:]:
        apply_fact(tree, fact, stamp)
    return tree


def apply_change(tree: Tree, change: Change) -> None:
    """Make the next version of `tree`, in place.

    Raises BrokenStream if the change is not that version or does not fit; the tree is then to be thrown away.
    """
    stamp = Stamp(change.author, to_microseconds(change.at))
    if change.version != tree.version + 1 or change.at < tree.updated:
        raise BrokenStream("a change out of its turn")
    tree.version, tree.updated = change.version, change.at
    for fact in change.facts:
        apply_fact(tree, fact, stamp)


def apply_fact(tree: Tree, fact: AnyFact, stamp: Stamp) -> None:
    """Make one fact of the tree's newest version true. Raises BrokenStream if it does not fit."""
    step = _STEPS.get(type(fact))
    if tree.discarded:
        raise BrokenStream("a fact after the last one")
    if step is None:
        raise BrokenStream("a panorama that was opened twice")
    step(tree, fact, stamp)


def _renamed(tree: Tree, fact: Renamed, _stamp: Stamp) -> None:
    if tree.name != fact.from_name:
        raise BrokenStream("a renamed panorama with another name")
    tree.name, tree.administered = fact.to_name, tree.version


def _access_changed(tree: Tree, fact: AccessChanged, _stamp: Stamp) -> None:
    if tree.access != fact.from_access:
        raise BrokenStream("changed access that was other")
    tree.access, tree.administered = fact.to_access, tree.version


def _archived(tree: Tree, fact: Archived, _stamp: Stamp) -> None:
    if tree.archived == fact.to:
        raise BrokenStream("an archived panorama that was so already")
    tree.archived, tree.administered = fact.to, tree.version


def _discarded(tree: Tree, _fact: Discarded, _stamp: Stamp) -> None:
    if not tree.archived:
        raise BrokenStream("a discarded panorama that was not archived")
    tree.discarded, tree.administered = True, tree.version


_STEPS: Final[dict[type, Callable[[Tree, Any, Stamp], None]]] = {
    Added: apply_nodes.added,
    Withdrawn: apply_nodes.withdrawn,
    Moved: apply_nodes.moved,
    Removed: apply_nodes.removed,
    Restored: apply_nodes.restored,
    Retitled: apply_nodes.retitled,
    Synchronised: apply_nodes.synchronised,
    Renamed: _renamed,
    AccessChanged: _access_changed,
    Archived: _archived,
    Forgotten: apply_nodes.forgotten,
    Discarded: _discarded,
}
