"""How nodes hang together. Every step takes time by the depth at the most, never by the size of the tree.

Each node knows the size and the height of what hangs below it. A height must also shrink when the tallest child
goes, without a look at all the others: so each node counts its children by their height (`Slots.tall`; leaves are
not counted, as their list says whether there is one), and the next lower height that is counted is the new one.
"""

from domain.panoramas.tree_slots import NONE, REMOVED, ROOT, Slots, tall_key


def depth(slots: Slots, slot: int) -> int:
    """Return how many levels below the root a node is; NONE if it, or one above it, is removed."""
    levels = 0
    while slot != ROOT:
        if slots.flags[slot] & REMOVED:
            return NONE
        slot = slots.parent[slot]
        levels += 1
    return levels


def is_within(slots: Slots, slot: int, top: int) -> bool:
    """Whether a node is `top` or below it, or would be if all that was removed came back."""
    while slot != NONE:
        if slot == top:
            return True
        slot = slots.parent[slot]
    return False


def is_child(slots: Slots, slot: int, parent: int) -> bool:
    """Whether a node is a child of `parent` and not removed from there."""
    return slots.parent[slot] == parent and not slots.flags[slot] & REMOVED


def link(slots: Slots, slot: int, parent: int, after: int) -> None:
    """Hang a loose node, with all below it, below `parent`: behind its child `after`, or first (NONE)."""
    behind = slots.first[parent] if after == NONE else slots.behind[after]
    slots.parent[slot] = parent
    _join(slots, after, slot, parent)
    _join(slots, slot, behind, parent)
    _carry(slots, slot, 1)


def unlink(slots: Slots, slot: int) -> None:
    """Take a node, with all below it, out of its parent's children; it still names its parent, and siblings of old."""
    _join(slots, slots.before[slot], slots.behind[slot], slots.parent[slot])
    _carry(slots, slot, -1)


def detach(slots: Slots, slot: int) -> None:
    """Take a node out of its parent's children and tell nobody further up, who is about to be forgotten too."""
    parent = slots.parent[slot]
    _join(slots, slots.before[slot], slots.behind[slot], parent)
    _count(slots, parent, slots.height[slot], -1)


def _join(slots: Slots, before: int, behind: int, parent: int) -> None:
    if before == NONE:
        slots.first[parent] = behind
    else:
        slots.behind[before] = behind
    if behind == NONE:
        slots.last[parent] = before
    else:
        slots.before[behind] = before


def _carry(slots: Slots, slot: int, sign: int) -> None:
    """Tell all above that a node came (1) or went (-1)."""
    size, above = sign * slots.size[slot], slots.parent[slot]
    old, new = (NONE, slots.height[slot]) if sign > 0 else (slots.height[slot], NONE)
    while above != NONE:
        slots.size[above] += size
        if old != new:
            old, new = _reheight(slots, above, old, new)
        above = slots.parent[above]


def _reheight(slots: Slots, slot: int, old: int, new: int) -> tuple[int, int]:
    """Note that a child's height was `old` and is `new` (NONE: no child); return the node's own, before and now."""
    _count(slots, slot, old, -1)
    _count(slots, slot, new, 1)
    before = slots.height[slot]
    if new >= before:
        now = new + 1
    elif old + 1 < before:
        now = before
    else:
        now = _tallest(slots, slot, old) + 1
    slots.height[slot] = now
    return before, now


def _count(slots: Slots, slot: int, height: int, sign: int) -> None:
    if height < 1:
        return
    key = tall_key(slot, height)
    count = slots.tall.get(key, 0) + sign
    if count:
        slots.tall[key] = count
    else:
        del slots.tall[key]


def _tallest(slots: Slots, slot: int, height: int) -> int:
    """Return the height of the tallest child, which is `height` at the most; NONE if there is no child."""
    while height > 0 and not slots.tall.get(tall_key(slot, height), 0):
        height -= 1
    return NONE if slots.first[slot] == NONE else height
