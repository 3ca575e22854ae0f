"""The nodes of a panorama as columns: node number `slot` is what each column holds at `slot`.

A hundred thousand nodes as Python objects would take ten times the memory. Slot 0 is the root. A slot whose node was
withdrawn is used again for the next new node.
"""

from array import array
from copy import copy
from dataclasses import dataclass
from typing import Final

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.facts import Kind
from domain.panoramas.tree_overlay import Column, ColumnOverlay, Index, IndexOverlay

NONE: Final = -1
"""No slot: no parent, no sibling, no such node."""

ROOT: Final = 0
"""The slot of the root."""

REMOVED: Final = 1
"""The flag of a node that was itself removed; the nodes below it do not carry it."""

SYNCHRONISED: Final = 2
"""The flag of an issue node whose children follow what Jira says."""

KINDS: Final = (Kind.ISSUE, Kind.GROUP, Kind.NOTE)
"""The kinds by the number that stands for each in the column; never reordered, because snapshots hold it."""

CODES: Final = {kind: code for code, kind in enumerate(KINDS)}
"""The number that stands for each kind."""


@dataclass(slots=True)
class Slots:
    """All columns and indexes. `link`, `unlink` and their like keep them consistent; nobody else writes to them."""

    node: Column[NodeId]
    title: Column[str | None]
    kind: Column[int]
    flags: Column[int]
    issue: Column[int]
    creator: Column[int]
    created: Column[int]
    updated: Column[int]

    parent: Column[int]
    first: Column[int]
    last: Column[int]
    before: Column[int]
    """The sibling before, of the node below the same parent that is not removed."""

    behind: Column[int]
    size: Column[int]
    """How many nodes hang together here, itself counted, removed ones not."""

    height: Column[int]
    """How many levels hang below, removed nodes not counted."""

    buried: Column[int]
    """How many removed nodes would come back as children."""

    issue_before: Column[int]
    """The node of the same issue before, in no particular order; removed nodes are counted."""

    issue_behind: Column[int]

    creators: Column[UserId]
    """Users by the number that stands for each in the column."""

    slot_of: Index[NodeId, int]
    number_of: Index[UserId, int]
    head_of: Index[IssueId, int]
    """One node of each issue, from which the others are found."""

    tall: Index[int, int]
    """How many children of a height of at least 1 a node has, by `tall_key`."""

    places: Index[int, NodeId | None]
    """The sibling behind which each removed node was. A node id, because that sibling may be withdrawn."""

    end: int = 0
    free: int = NONE
    """A slot that can be used again; `behind` leads to the next one."""

    known: int = 0
    """Nodes, removed ones and the root counted."""

    authors: int = 0


def tall_key(slot: int, height: int) -> int:
    """Return the key of the children of a node that have this height."""
    return slot << 20 | height


def empty_slots() -> Slots:
    """Return columns without any node."""
    nodes: list[NodeId] = []
    creators: list[UserId] = []
    return Slots(
        node=nodes,
        title=[],
        kind=array("B"),
        flags=array("B"),
        issue=array("q"),
        creator=array("i"),
        created=array("q"),
        updated=array("q"),
        parent=array("i"),
        first=array("i"),
        last=array("i"),
        before=array("i"),
        behind=array("i"),
        size=array("i"),
        height=array("i"),
        buried=array("i"),
        issue_before=array("i"),
        issue_behind=array("i"),
        creators=creators,
        slot_of={},
        number_of={},
        head_of={},
        tall={},
        places={},
    )


_COLUMNS: Final = (
    *("node", "title", "kind", "flags", "issue", "creator", "created", "updated", "parent", "first", "last"),
    *("before", "behind", "size", "height", "buried", "issue_before", "issue_behind"),
)
_INDEXES: Final = ("slot_of", "number_of", "head_of", "tall", "places")


def copied(slots: Slots) -> Slots:
    """Return the same columns again, which change independently."""
    twin = copy(slots)
    for name in (*_COLUMNS, "creators", *_INDEXES):
        setattr(twin, name, copy(getattr(slots, name)))
    return twin


def overlaid(slots: Slots) -> Slots:
    """Return columns that read through to `slots` and change without changing them."""
    draft = copy(slots)
    for name in _COLUMNS:
        setattr(draft, name, ColumnOverlay(getattr(slots, name), slots.end))
    draft.creators = ColumnOverlay(slots.creators, slots.authors)
    for name in _INDEXES:
        setattr(draft, name, IndexOverlay(getattr(slots, name)))
    return draft
