"""A tree as it would be after what has been decided so far, and the facts of it."""

from typing import Final

from domain.errors import LimitExceeded, PanoramaArchived
from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.apply import apply_fact
from domain.panoramas.apply_nodes import Stamp
from domain.panoramas.facts import Added, AnyFact, Archived, Kind, Moved, Origin, Removed, Restored, Synchronised
from domain.panoramas.limits import DEPTH, NODES
from domain.panoramas.tree import Tree
from domain.panoramas.tree_shape import depth, is_child
from domain.panoramas.tree_slots import NONE, REMOVED, SYNCHRONISED


class Draft:
    """Works on slots; every method but the questions adds facts, and leaves out those that would change nothing.

    The tree that it begins with is not changed and must not change meanwhile.
    """

    def __init__(self, tree: Tree, user: UserId) -> None:
        self.tree: Final = tree.draft()
        self.slots: Final = self.tree.slots
        self.facts: list[AnyFact] = []
        self._stamp: Final = Stamp(user, 0)
        """When is known only when it is committed, and decides nothing."""

    def record(self, fact: AnyFact) -> None:
        """Make a fact true; an archived panorama takes none but being brought back."""
        if self.tree.archived and not isinstance(fact, Archived):
            raise PanoramaArchived
        apply_fact(self.tree, fact, self._stamp)
        self.facts.append(fact)

    def find(self, node: NodeId) -> int:
        """Return the slot of a node, active or removed; NONE if there is no such node."""
        return self.slots.slot_of.get(node, NONE)

    def is_active(self, slot: int) -> bool:
        """Whether there is such a node, and neither it nor one above it was removed."""
        return slot != NONE and depth(self.slots, slot) != NONE

    def is_removed(self, slot: int) -> bool:
        """Whether the node was itself removed."""
        return bool(self.slots.flags[slot] & REMOVED)

    def is_synchronised(self, slot: int) -> bool:
        """Whether the node's children follow Jira."""
        return bool(self.slots.flags[slot] & SYNCHRONISED)

    def spot(self, parent: int, after: int, mover: int = NONE) -> int:
        """Return behind which child of `parent` to put a node, by intention.

        That is `after` (NONE: first) if it is a child there, else the last one. A node that is to be behind itself,
        or last where it is last, stays where it is.
        """
        if after != NONE and not is_child(self.slots, after, parent):
            after = self.slots.last[parent]
        return self.slots.before[after] if after == mover != NONE else after

    def behind(self, parent: int, after: NodeId | None, mover: int = NONE) -> int:
        """Return `spot` for a sibling that is named, and may be gone."""
        if after is None:
            return NONE
        slot = self.find(after)
        return self.spot(parent, self.slots.last[parent] if slot == NONE else slot, mover)

    def check_room(self, parent: int, nodes: int, height: int) -> None:
        """See that so many more nodes, hanging so many levels below a child of `parent`, keep within the limits."""
        if nodes and len(self.tree) + nodes > NODES:
            raise LimitExceeded("nodes", NODES)
        if depth(self.slots, parent) + 1 + height > DEPTH:
            raise LimitExceeded("depth", DEPTH)

    def add(
        self,
        node: NodeId,
        kind: Kind,
        content: IssueId | str | None,
        parent: int,
        after: int,
        origin: Origin | None = None,
    ) -> None:
        """Make a node: an issue, or a group or note with a title."""
        self.check_room(parent, 1, 0)
        issue, title = (None, content) if isinstance(content, str) else (content, None)
        self.record(Added(node, kind, self.slots.node[parent], self.name(after), issue, title, origin))

    def move(self, slot: int, parent: int, after: int) -> None:
        """Bring an active node elsewhere, not below itself."""
        slots = self.slots
        old_parent, old_after = slots.parent[slot], slots.before[slot]
        if (old_parent, old_after) == (parent, after):
            return
        self.check_room(parent, 0, slots.height[slot])
        names = slots.node
        self.record(
            Moved(names[slot], names[old_parent], names[parent], self.name(old_after), self.name(after)),
        )

    def remove(self, slot: int) -> None:
        """Take an active node out."""
        slots = self.slots
        self.record(Removed(slots.node[slot], slots.node[slots.parent[slot]], self.name(slots.before[slot])))

    def restore(self, slot: int, parent: int, after: int) -> None:
        """Bring a removed node back, below an active parent."""
        slots = self.slots
        self.check_room(parent, slots.size[slot], slots.height[slot])
        self.remember(slot, parent, self.name(after))
        self.record(Restored(slots.node[slot], slots.node[parent], self.name(after)))

    def remember(self, slot: int, parent: int, after: NodeId | None) -> None:
        """Have a removed node remember this place."""
        slots = self.slots
        old_parent, old_after = slots.parent[slot], slots.places.get(slot, None)
        if (old_parent, old_after) != (parent, after):
            names = slots.node
            self.record(Moved(names[slot], names[old_parent], names[parent], old_after, after))

    def synchronise(self, slot: int, *, to: bool) -> None:
        """Have an issue's children follow Jira, or no longer."""
        if self.is_synchronised(slot) != to:
            self.record(Synchronised(self.slots.node[slot], to))

    def name(self, slot: int) -> NodeId | None:
        """Return the node in a slot; None for NONE."""
        return None if slot == NONE else self.slots.node[slot]
