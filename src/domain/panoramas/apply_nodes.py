"""What each fact about a node does to a tree."""

import re
from typing import Final, NamedTuple

from domain.ids import NodeId, UserId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import (
    Added,
    Forgotten,
    Kind,
    Moved,
    Origin,
    Removed,
    Restored,
    Retitled,
    Synchronised,
    Withdrawn,
)
from domain.panoramas.limits import ISSUE
from domain.panoramas.moments import to_microseconds
from domain.panoramas.tree import Tree
from domain.panoramas.tree_nodes import author_number, forget, new_slot
from domain.panoramas.tree_shape import depth, detach, is_child, is_within, link, unlink
from domain.panoramas.tree_slots import CODES, NONE, REMOVED, ROOT, SYNCHRONISED, Slots

_ID: Final = re.compile("[0-9a-f]{24}")


class Stamp(NamedTuple):
    """Who makes a change, and when, in microseconds."""

    author: UserId
    at: int


def added(tree: Tree, fact: Added, stamp: Stamp) -> None:
    """Hang a new node below its parent."""
    slots = tree.slots
    parent = _active(slots, fact.parent)
    after = _sibling(slots, parent, fact.after)
    if not _ID.fullmatch(fact.node) or slots.slot_of.get(fact.node, NONE) != NONE or not _is_whole(fact):
        raise BrokenStream("an added node that cannot be")
    slot = new_slot(slots, fact.node, fact.kind, fact.issue, fact.title)
    sign(slots, slot, stamp, fact.origin)
    link(slots, slot, parent, after)


def withdrawn(tree: Tree, fact: Withdrawn, _stamp: Stamp) -> None:
    """Forget a node that nothing hangs below."""
    slots = tree.slots
    slot = _standing(slots, fact.node, fact.parent, fact.after)
    if slots.first[slot] != NONE or slots.buried[slot] or slots.flags[slot]:
        raise BrokenStream("a withdrawn node that was built upon")
    told = (CODES[fact.kind], fact.issue or 0, fact.title)
    if told != (slots.kind[slot], slots.issue[slot], slots.title[slot]):
        raise BrokenStream("a withdrawn node that was another")
    unlink(slots, slot)
    forget(slots, slot)


def moved(tree: Tree, fact: Moved, stamp: Stamp) -> None:
    """Hang a node somewhere else; a removed one only remembers another place."""
    slots = tree.slots
    slot = _known(slots, fact.node)
    if slots.flags[slot] & REMOVED:
        _remember_elsewhere(slots, slot, fact)
    else:
        _standing(slots, fact.node, fact.from_parent, fact.from_after)
        parent = _active(slots, fact.to_parent)
        after = _sibling(slots, parent, fact.to_after)
        if after == slot or is_within(slots, parent, slot):
            raise BrokenStream("a node moved below or behind itself")
        unlink(slots, slot)
        link(slots, slot, parent, after)
    slots.updated[slot] = stamp.at


def removed(tree: Tree, fact: Removed, stamp: Stamp) -> None:
    """Take a node out, with all below it; it remembers its place."""
    slots = tree.slots
    slot = _standing(slots, fact.node, fact.parent, fact.after)
    unlink(slots, slot)
    slots.flags[slot] |= REMOVED
    slots.buried[slots.parent[slot]] += 1
    slots.places[slot] = fact.after
    slots.updated[slot] = stamp.at


def restored(tree: Tree, fact: Restored, stamp: Stamp) -> None:
    """Bring a removed node back to the place that it remembers."""
    slots = tree.slots
    slot, parent = _known(slots, fact.node), _active(slots, fact.parent)
    _remembering(slots, slot, parent, fact.after)
    after = _sibling(slots, parent, fact.after)
    slots.flags[slot] &= ~REMOVED
    slots.buried[parent] -= 1
    del slots.places[slot]
    link(slots, slot, parent, after)
    slots.updated[slot] = stamp.at


def retitled(tree: Tree, fact: Retitled, stamp: Stamp) -> None:
    """Give a node another title."""
    slots = tree.slots
    slot = _active(slots, fact.node)
    if slots.title[slot] != fact.from_title:
        raise BrokenStream("a retitled node with another title")
    slots.title[slot] = fact.to_title
    slots.updated[slot] = stamp.at


def synchronised(tree: Tree, fact: Synchronised, stamp: Stamp) -> None:
    """Have an issue's children follow Jira, or no longer."""
    slots = tree.slots
    slot = _active(slots, fact.node)
    if not slots.issue[slot] or bool(slots.flags[slot] & SYNCHRONISED) == fact.to:
        raise BrokenStream("a synchronised node that was so already, or no issue")
    slots.flags[slot] ^= SYNCHRONISED
    slots.updated[slot] = stamp.at


def forgotten(tree: Tree, fact: Forgotten, _stamp: Stamp) -> None:
    """Let a removed node go, with all below it."""
    slots = tree.slots
    top = _known(slots, fact.node)
    if not slots.flags[top] & REMOVED:
        raise BrokenStream("a forgotten node that was not removed")
    for node in reversed(fact.below):
        slot = _known(slots, node)
        if slot == top or not is_within(slots, slot, top):
            raise BrokenStream("a forgotten node that hangs elsewhere")
        _let_go(slots, slot)
    _let_go(slots, top)


def sign(slots: Slots, slot: int, stamp: Stamp, origin: Origin | None = None) -> None:
    """Note who made a node and when: its origin where there is one, else the change."""
    if origin is None:
        creator, created, updated = stamp.author, stamp.at, stamp.at
    else:
        creator, created, updated = origin.creator, to_microseconds(origin.created), to_microseconds(origin.updated)
    slots.creator[slot] = author_number(slots, creator)
    slots.created[slot], slots.updated[slot] = created, updated


def _let_go(slots: Slots, slot: int) -> None:
    if slots.first[slot] != NONE or slots.buried[slot]:
        raise BrokenStream("a forgotten node that others hang below")
    if slots.flags[slot] & REMOVED:
        slots.buried[slots.parent[slot]] -= 1
        del slots.places[slot]
    else:
        detach(slots, slot)
    forget(slots, slot)


def _is_whole(fact: Added) -> bool:
    if fact.kind is Kind.ISSUE:
        return fact.issue is not None and 0 < fact.issue <= ISSUE and fact.title is None
    return fact.issue is None and fact.title is not None


def _known(slots: Slots, node: NodeId) -> int:
    slot = slots.slot_of.get(node, NONE)
    if slot == NONE:
        raise BrokenStream("a node that there is not")
    return slot


def _active(slots: Slots, node: NodeId) -> int:
    slot = _known(slots, node)
    if depth(slots, slot) == NONE:
        raise BrokenStream("a node that was removed")
    return slot


def _sibling(slots: Slots, parent: int, after: NodeId | None) -> int:
    if after is None:
        return NONE
    slot = _known(slots, after)
    if not is_child(slots, slot, parent):
        raise BrokenStream("a sibling that hangs elsewhere")
    return slot


def _standing(slots: Slots, node: NodeId, parent: NodeId, after: NodeId | None) -> int:
    """Return the slot of an active node that hangs where the fact says that it does."""
    slot, above = _active(slots, node), _known(slots, parent)
    if slot == ROOT or slots.parent[slot] != above or slots.before[slot] != _sibling(slots, above, after):
        raise BrokenStream("a node that hangs elsewhere")
    return slot


def _remembering(slots: Slots, slot: int, parent: int, after: NodeId | None) -> None:
    is_removed = bool(slots.flags[slot] & REMOVED)
    if not is_removed or slots.parent[slot] != parent or slots.places.get(slot, None) != after:
        raise BrokenStream("a removed node that was elsewhere")


def _remember_elsewhere(slots: Slots, slot: int, fact: Moved) -> None:
    old, new = _known(slots, fact.from_parent), _known(slots, fact.to_parent)
    _remembering(slots, slot, old, fact.from_after)
    if is_within(slots, new, slot) or (fact.to_after is not None and not _ID.fullmatch(fact.to_after)):
        raise BrokenStream("a removed node that would come back below itself or nowhere")
    slots.buried[old] -= 1
    slots.buried[new] += 1
    slots.parent[slot] = new
    slots.places[slot] = fact.to_after
