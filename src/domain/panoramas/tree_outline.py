"""The active nodes in the order in which they are read: each before those below it."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from domain.ids import NodeId
from domain.panoramas.tree_slots import KINDS, NONE, ROOT, SYNCHRONISED, Slots

Row: TypeAlias = tuple[NodeId, int, str, int | str | None, int]
"""Id, depth, kind, issue id or title, flags."""

FOLLOWS_JIRA: Final = 1
"""The flag of a row whose children follow what Jira says."""

_KIND_NAMES: Final = tuple(kind.value for kind in KINDS)


def children(slots: Slots, slot: int) -> Iterator[int]:
    """Go through the children of a node, in order; they may be moved while one looks at them."""
    child = slots.first[slot]
    while child != NONE:
        behind = slots.behind[child]
        yield child
        child = behind


def preorder(slots: Slots, top: int) -> Iterator[int]:
    """Go through a node and all below it, depth-first, without those that were removed."""
    waiting = [top]
    while waiting:
        slot = waiting.pop()
        yield slot
        child = slots.last[slot]
        while child != NONE:
            waiting.append(child)
            child = slots.before[child]


def outline(slots: Slots) -> list[Row]:
    """Return a row for each active node but the root, depth-first.

    Written as one loop over plain columns because it is most of the time of a cold read.
    """
    node, kind, issue, title, flags = slots.node, slots.kind, slots.issue, slots.title, slots.flags
    first, behind, parent = slots.first, slots.behind, slots.parent
    rows: list[Row] = []
    slot, level = first[ROOT], 1
    while slot != NONE:
        follows = FOLLOWS_JIRA if flags[slot] & SYNCHRONISED else 0
        rows.append((node[slot], level, _KIND_NAMES[kind[slot]], issue[slot] or title[slot], follows))
        below = first[slot]
        if below != NONE:
            slot, level = below, level + 1
            continue
        while behind[slot] == NONE and level > 1:
            slot, level = parent[slot], level - 1
        slot = behind[slot]
    return rows
