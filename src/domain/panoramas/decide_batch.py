"""One batch of commands on its way to a decision."""

from collections.abc import Callable
from typing import Final

from domain.errors import ActionRefused, LimitExceeded, NodeMissing
from domain.ids import NodeId, UserId
from domain.panoramas.commands import NodeRef, Place
from domain.panoramas.decide_checks import is_id
from domain.panoramas.decide_draft import Draft
from domain.panoramas.limits import EFFORT
from domain.panoramas.refusals import Refusal
from domain.panoramas.tree import Tree
from domain.panoramas.tree_slots import NONE, ROOT

_LEAST: Final = -(2**63)


class Batch(Draft):
    """A draft in which commands name nodes."""

    def __init__(self, tree: Tree, user: UserId, new_node: Callable[[], NodeId]) -> None:
        super().__init__(tree, user)
        self.user: Final = user
        self.new_node: Final = new_node
        self.made: Final[dict[int, NodeId]] = {}
        self._effort = 0

    def named(self, ref: NodeRef) -> int:
        """Return the slot of the node that a command means, active or removed; NONE if there is none."""
        node = self.made.get(ref) if isinstance(ref, int) else NodeId(ref)
        return NONE if node is None else self.find(node)

    def target(self, ref: NodeRef) -> int:
        """Return the slot of an active node; raises NodeMissing."""
        slot = self.named(ref)
        if not self.is_active(slot):
            raise missing(ref)
        return slot

    def target_below_root(self, ref: NodeRef) -> int:
        """Return the slot of an active node that is not the root, with which hardly anything can be done."""
        slot = self.target(ref)
        if slot == ROOT:
            raise ActionRefused(Refusal.ROOT, self.tree.root)
        return slot

    def place(self, place: Place, mover: int = NONE) -> tuple[int, int]:
        """Return the parent that a place means and the child to be behind, by intention; raises NodeMissing."""
        parent = ROOT if place.under is None else self.target(place.under)
        if place.after is None:
            return parent, NONE
        after = self.named(place.after)
        return parent, self.spot(parent, self.slots.last[parent] if after == NONE else after, mover)

    def check_number(self, number: int | None) -> None:
        """Whatever a new node is to be called in this batch, nothing else may be called so."""
        if number is None:
            return
        if not _LEAST <= number < 0:
            raise ActionRefused(Refusal.NUMBER)
        if number in self.made:
            raise ActionRefused(Refusal.NUMBER_TAKEN, number)

    def spend(self, nodes: int) -> None:
        """Note that a command looks at so many nodes; a batch may look at EFFORT of them."""
        self._effort += nodes
        if self._effort > EFFORT:
            raise LimitExceeded("effort", EFFORT)


def missing(ref: NodeRef) -> NodeMissing:
    """Return the error for a node that there is not; it repeats nothing but numbers and ids."""
    return NodeMissing(ref if isinstance(ref, int) or is_id(ref) else "")
