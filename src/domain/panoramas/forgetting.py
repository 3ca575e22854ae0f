"""What of a panorama is gone for good after a while. The service decides this by itself, at no user's request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from domain.ids import IssueId
from domain.panoramas.facts import Forgotten
from domain.panoramas.moments import to_microseconds, to_moment
from domain.panoramas.tree import Tree
from domain.panoramas.tree_outline import children
from domain.panoramas.tree_slots import NONE, REMOVED, Slots


def forgettable(tree: Tree, through: datetime, most: int) -> tuple[Forgotten, ...]:
    """A removed node is gone for good, with all below it, if nothing of that was removed or moved after `through`.

    Return that as facts, those that have waited longest first, until they tell of `most` nodes or more. Takes time by
    the removed nodes, by their depth and by what is forgotten, besides one look at each node's flags.
    """
    slots, limit = tree.slots, to_microseconds(through)
    removed = _removed(slots)
    touched = _touched(slots, removed)
    tops = [slot for slot in removed if touched[slot] <= limit and not _goes_along(slots, slot, touched, limit)]
    buried = _by_parent(slots, removed)
    facts: list[Forgotten] = []
    nodes = 0
    for top in sorted(tops, key=lambda slot: (touched[slot], slots.node[slot])):
        if nodes >= most:
            break
        below = tuple(slots.node[slot] for slot in _below(slots, top, buried))
        facts.append(Forgotten(slots.node[top], below))
        nodes += 1 + len(below)
    return tuple(facts)


def issues_in(tree: Tree, facts: Iterable[Forgotten]) -> frozenset[IssueId]:
    """Return the issues that the nodes stand for which these facts are about to forget."""
    slots = tree.slots
    nodes = (node for fact in facts for node in (fact.node, *fact.below))
    numbers = (slots.issue[slots.slot_of.get(node, NONE)] for node in nodes)
    return frozenset(IssueId(number) for number in numbers if number)


def waiting_since(tree: Tree) -> datetime | None:
    """Return the first moment through which something is forgettable; None where nothing is removed."""
    touched = _touched(tree.slots, _removed(tree.slots))
    return to_moment(min(touched.values())) if touched else None


def _removed(slots: Slots) -> list[int]:
    return [slot for slot in range(slots.end) if slots.flags[slot] & REMOVED]


def _touched(slots: Slots, removed: Sequence[int]) -> dict[int, int]:
    """Return when each removed node, or a removed one below it, was last removed or moved."""
    touched = {slot: slots.updated[slot] for slot in removed}
    for slot in removed:
        for above in _above(slots, slot):
            if above in touched:
                touched[above] = max(touched[above], slots.updated[slot])
    return touched


def _goes_along(slots: Slots, slot: int, touched: Mapping[int, int], limit: int) -> bool:
    """Whether a removed node above this one is forgotten too."""
    return any(above in touched and touched[above] <= limit for above in _above(slots, slot))


def _above(slots: Slots, slot: int) -> Iterator[int]:
    while (slot := slots.parent[slot]) != NONE:
        yield slot


def _by_parent(slots: Slots, removed: Sequence[int]) -> Mapping[int, Sequence[int]]:
    buried: dict[int, list[int]] = {}
    for slot in removed:
        buried.setdefault(slots.parent[slot], []).append(slot)
    return buried


def _below(slots: Slots, top: int, buried: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """Go through all below a node, removed ones too, each before those below it."""
    waiting = [*children(slots, top), *buried.get(top, ())]
    while waiting:
        slot = waiting.pop()
        yield slot
        waiting += [*children(slots, slot), *buried.get(slot, ())]
