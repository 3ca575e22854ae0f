"""Facts of an earlier change on their way to being true again, or no longer."""

from typing import Final

from domain.errors import BuiltUpon
from domain.ids import NodeId, UserId
from domain.panoramas.decide_draft import Draft
from domain.panoramas.facts import Origin
from domain.panoramas.refusals import Built
from domain.panoramas.tree import Tree
from domain.panoramas.tree_slots import NONE


class Again(Draft):
    """A draft in which facts name nodes that may have gone since."""

    def __init__(self, tree: Tree, user: UserId, origin: Origin) -> None:
        super().__init__(tree, user)
        self.user: Final = user
        self.origin: Final = origin
        """Who made the nodes of the change, and when."""

    def kept(self, node: NodeId) -> int:
        """Return the slot of a node that is still known, active or removed."""
        slot = self.find(node)
        if slot == NONE:
            raise BuiltUpon(Built.GONE, node)
        return slot

    def active(self, node: NodeId) -> int:
        """Return the slot of a node that is still active."""
        slot = self.kept(node)
        if not self.is_active(slot):
            raise BuiltUpon(Built.REMOVED, node)
        return slot

    def active_below(self, node: NodeId, parent: NodeId) -> int:
        """Return the slot of a node that is still active and below the same parent."""
        slot = self.active(node)
        if self.slots.parent[slot] != self.find(parent):
            raise BuiltUpon(Built.MOVED, node)
        return slot

    def parent(self, parent: NodeId) -> int:
        """Return the slot of a parent that is still there to go back to."""
        slot = self.find(parent)
        if not self.is_active(slot):
            raise BuiltUpon(Built.PARENT_GONE, parent)
        return slot
