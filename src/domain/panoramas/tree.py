"""What a panorama is at one version."""

from collections.abc import Iterator
from copy import copy
from datetime import datetime

import msgspec

from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.facts import Kind, Opened
from domain.panoramas.moments import to_moment
from domain.panoramas.tree_nodes import slots_of_issue
from domain.panoramas.tree_outline import Row, children, outline, preorder
from domain.panoramas.tree_shape import depth
from domain.panoramas.tree_slots import KINDS, NONE, ROOT, SYNCHRONISED, Slots, copied, overlaid


class Node(msgspec.Struct, frozen=True):
    """One node, as somebody sees it."""

    id: NodeId
    kind: Kind
    parent: NodeId
    issue: IssueId | None
    title: str | None
    creator: UserId
    created: datetime
    updated: datetime
    """When it was last made, moved, removed, restored, retitled or synchronised itself."""

    synchronised: bool
    children: tuple[NodeId, ...]


class Tree:
    """A panorama: its name and access, and its nodes, active and removed.

    Only `apply_change` changes it, in place. A node is active unless it, or one above it, was removed.
    """

    __slots__ = (
        "access",
        "administered",
        "archived",
        "created",
        "discarded",
        "id",
        "name",
        "owner",
        "root",
        "slots",
        "updated",
        "version",
    )

    def __init__(self, opened: Opened, at: datetime, slots: Slots) -> None:
        self.id: PanoramaId = opened.panorama
        self.root: NodeId = opened.root
        self.name = opened.name
        self.owner: UserId = opened.owner
        self.access: Access = EVERYONE
        self.archived = False
        self.discarded = False
        """Whether the panorama is gone for good, and nothing can follow."""
        self.version = 1
        self.created = at
        self.updated = at
        """The time of the newest change."""
        self.administered = 1
        """The newest version that opened, renamed or archived the panorama, brought it back, or changed its access.

        While it is archived, that is the version that archived it.
        """
        self.slots = slots
        """For this package only."""

    def __len__(self) -> int:
        """Return the number of active nodes, the root not counted."""
        return self.slots.size[ROOT] - 1

    @property
    def total(self) -> int:
        """All nodes that are kept, the removed ones and the root counted."""
        return self.slots.known

    @property
    def height(self) -> int:
        """The number of levels below the root."""
        return self.slots.height[ROOT]

    def holds(self, node: NodeId) -> bool:
        """Whether there is such a node and it is active; the root is."""
        slot = self.slots.slot_of.get(node, NONE)
        return slot != NONE and depth(self.slots, slot) != NONE

    def knows_issue(self, issue: IssueId) -> bool:
        """Whether any node, active or removed, stands for this issue."""
        return self.slots.head_of.get(issue, NONE) != NONE

    def issues(self) -> frozenset[IssueId]:
        """Return the issues that any node, active or removed, stands for."""
        slots = self.slots
        return frozenset(IssueId(slots.issue[slot]) for slot in range(slots.end) if slots.issue[slot])

    def nodes_of_issue(self, issue: IssueId) -> list[NodeId]:
        """Return the active nodes that stand for an issue, in the order of their ids."""
        slots = self.slots
        return sorted(slots.node[slot] for slot in slots_of_issue(slots, issue) if depth(slots, slot) != NONE)

    def children(self, node: NodeId) -> tuple[NodeId, ...]:
        """Return the children of an active node, or of the root, in order. Raises KeyError for any other."""
        return tuple(self.slots.node[slot] for slot in children(self.slots, self._active(node)))

    def node(self, node: NodeId) -> Node:
        """Return an active node other than the root. Raises KeyError for any other."""
        slot = self._active(node)
        if slot == ROOT:
            raise KeyError(node)
        return self._seen(slot)

    def walk(self) -> Iterator[Node]:
        """Go through the active nodes depth-first, without the root."""
        return (self._seen(slot) for slot in preorder(self.slots, ROOT) if slot != ROOT)

    def outline_rows(self) -> list[Row]:
        """Return the active nodes depth-first, without the root.

        A row is id, depth (1 below the root), kind, issue id or title, and flags: 1 where the children follow Jira.
        """
        return outline(self.slots)

    def frozen(self) -> "Tree":
        """Return this version as a tree of its own, which later changes to this one do not reach."""
        return self._with(copied(self.slots))

    def draft(self) -> "Tree":
        """Return a tree that may be changed without changing this one, made in no time; this one must stay as it is."""
        return self._with(overlaid(self.slots))

    def _with(self, slots: Slots) -> "Tree":
        twin = copy(self)
        twin.slots = slots
        return twin

    def _active(self, node: NodeId) -> int:
        slot = self.slots.slot_of.get(node, NONE)
        if slot == NONE or depth(self.slots, slot) == NONE:
            raise KeyError(node)
        return slot

    def _seen(self, slot: int) -> Node:
        slots = self.slots
        return Node(
            id=slots.node[slot],
            kind=KINDS[slots.kind[slot]],
            parent=slots.node[slots.parent[slot]],
            issue=IssueId(slots.issue[slot]) or None,
            title=slots.title[slot],
            creator=slots.creators[slots.creator[slot]],
            created=to_moment(slots.created[slot]),
            updated=to_moment(slots.updated[slot]),
            synchronised=bool(slots.flags[slot] & SYNCHRONISED),
            children=tuple(slots.node[child] for child in children(slots, slot)),
        )
