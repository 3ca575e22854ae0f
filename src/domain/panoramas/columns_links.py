"""How nodes that are told in one row, each before those below it, hang together again."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from domain.ids import IssueId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.tree_slots import NONE, REMOVED, ROOT, Slots, tall_key

_DEEPEST: Final = 1 << 20


def ordered(slots: Slots) -> tuple[list[int], list[int]]:
    """Return all slots in use, each before those below it, removed children last, and their depths."""
    removed: dict[int, list[int]] = {}
    for slot in range(slots.end):
        if slots.flags[slot] & REMOVED:
            removed.setdefault(slots.parent[slot], []).append(slot)
    last, before = slots.last, slots.before
    order: list[int] = []
    depths: list[int] = []
    waiting = [(ROOT, 0)]
    while waiting:
        slot, depth = waiting.pop()
        order.append(slot)
        depths.append(depth)
        waiting += [(child, depth + 1) for child in reversed(removed.get(slot, ()))]
        child = last[slot]
        while child != NONE:
            waiting.append((child, depth + 1))
            child = before[child]
    return order, depths


def hang(slots: Slots, depths: Sequence[int]) -> None:
    """Fill in the links of `slots`, whose flags are there already. Raises BrokenStream if the depths make no tree."""
    count = len(depths)
    parent, first, last, before, behind = (array("i", [NONE]) * count for _ in range(5))
    buried = array("i", [0]) * count
    flags, deepest = slots.flags, 0
    path = [ROOT] * (max(depths) + 1) if max(depths) < _DEEPEST else []
    if depths[ROOT] or not path:
        raise BrokenStream("depths without a root")
    for slot in range(1, count):
        depth = depths[slot]
        if not 0 < depth <= deepest + 1:
            raise BrokenStream("depths with a gap")
        deepest = depth
        path[depth] = slot
        above = parent[slot] = path[depth - 1]
        if flags[slot] & REMOVED:
            buried[above] += 1
            continue
        sibling = before[slot] = last[above]
        if sibling == NONE:
            first[above] = slot
        else:
            behind[sibling] = slot
        last[above] = slot
    slots.parent, slots.first, slots.last, slots.before, slots.behind = parent, first, last, before, behind
    slots.buried = buried
    _measure(slots, parent)


def enter_issues(slots: Slots, row: Iterable[int]) -> None:
    """Make the index of issues; `row` is all slots, as the very objects that other indexes hold, to save memory."""
    count = slots.end
    heads: dict[IssueId, int] = {}
    before, behind = (array("i", [NONE]) * count for _ in range(2))
    for slot in row:
        if issue := slots.issue[slot]:
            head = heads.get(IssueId(issue), NONE)
            if head != NONE:
                behind[slot] = head
                before[head] = slot
            heads[IssueId(issue)] = slot
    slots.issue_before, slots.issue_behind, slots.head_of = before, behind, heads


def _measure(slots: Slots, parent: Sequence[int]) -> None:
    """Fill in sizes and heights, from the last node up to the root."""
    count, flags = len(parent), slots.flags
    size, height = array("i", [1]) * count, array("i", [0]) * count
    tall: dict[int, int] = {}
    for slot in range(count - 1, 0, -1):
        if flags[slot] & REMOVED:
            continue
        above, level = parent[slot], height[slot]
        size[above] += size[slot]
        height[above] = max(height[above], level + 1)
        if level:
            key = tall_key(above, level)
            tall[key] = tall.get(key, 0) + 1
    slots.size, slots.height, slots.tall = size, height, tall
