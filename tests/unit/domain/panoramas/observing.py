"""Looks into a fast tree: what it says, in the words of the reference, and whether its columns agree."""

from collections import Counter, defaultdict

from domain.ids import IssueId, NodeId
from domain.panoramas.moments import to_moment
from domain.panoramas.tree import Tree
from domain.panoramas.tree_outline import children
from domain.panoramas.tree_slots import KINDS, NONE, REMOVED, ROOT, SYNCHRONISED, Slots, tall_key
from tests.unit.domain.panoramas.reference import Branch, State


def observed(tree: Tree) -> State:
    """Return everything that a tree says."""
    return State(
        _observed(tree.slots, ROOT, _removed_by_parent(tree.slots)),
        tree.name,
        tree.owner,
        tree.access,
        tree.archived,
        tree.discarded,
        tree.version,
        tree.administered,
        tree.created,
        tree.updated,
    )


def slots_in_use(slots: Slots) -> list[int]:
    """Return the slots of all known nodes."""
    return [slot for slot in range(slots.end) if slots.node[slot]]


def check_shape(tree: Tree) -> None:
    """It is always one tree: no cycle, no orphan, children lists that are permutations, and right counts."""
    slots = tree.slots
    used = slots_in_use(slots)
    by_parent: defaultdict[int, list[int]] = defaultdict(list)
    for slot in used:
        assert slots.slot_of.get(slots.node[slot], NONE) == slot
        if slot != ROOT and not slots.flags[slot] & REMOVED:
            by_parent[slots.parent[slot]].append(slot)
    removed = _removed_by_parent(slots)
    reached: set[int] = set()
    for slot in used:
        listed = list(children(slots, slot))
        assert sorted(listed) == by_parent[slot]
        assert [slots.before[child] for child in listed] == [NONE, *listed][: len(listed)]
        assert slots.last[slot] == (listed[-1] if listed else NONE)
        assert slots.buried[slot] == len(removed[slot])
        reached.update(listed, removed[slot])
    assert slots.parent[ROOT] == NONE
    assert reached == set(used) - {ROOT}
    assert tree.total == len(used)
    _check_measures(slots, ROOT, removed)
    _check_free(slots, used)
    _check_issues(tree, used)


def _observed(slots: Slots, slot: int, removed: dict[int, list[int]]) -> Branch:
    below = tuple(_observed(slots, child, removed) for child in children(slots, slot))
    gone = sorted((_observed(slots, child, removed) for child in removed[slot]), key=lambda child: child.node)
    return Branch(
        slots.node[slot],
        KINDS[slots.kind[slot]],
        IssueId(slots.issue[slot]) or None,
        slots.title[slot],
        slots.creators[slots.creator[slot]],
        to_moment(slots.created[slot]),
        to_moment(slots.updated[slot]),
        bool(slots.flags[slot] & SYNCHRONISED),
        slots.places.get(slot, None),
        below,
        tuple(gone),
    )


def _removed_by_parent(slots: Slots) -> defaultdict[int, list[int]]:
    removed: defaultdict[int, list[int]] = defaultdict(list)
    for slot in slots_in_use(slots):
        if slots.flags[slot] & REMOVED:
            removed[slots.parent[slot]].append(slot)
    return removed


def _check_measures(slots: Slots, slot: int, removed: dict[int, list[int]]) -> None:
    """Sizes, heights and the counts of children by height are those that the links have."""
    below = list(children(slots, slot))
    for child in (*below, *removed[slot]):
        _check_measures(slots, child, removed)
    assert slots.size[slot] == 1 + sum(slots.size[child] for child in below)
    heights = [slots.height[child] for child in below]
    assert slots.height[slot] == max((height + 1 for height in heights), default=0)
    counts = Counter(heights)
    for height in range(1, slots.height[slot] + 2):
        assert slots.tall.get(tall_key(slot, height), 0) == counts[height]


def _check_free(slots: Slots, used: list[int]) -> None:
    """Every slot is in use or waits to be used again, once."""
    free: list[int] = []
    slot = slots.free
    while slot != NONE:
        free.append(slot)
        slot = slots.behind[slot]
    assert sorted((*free, *used)) == list(range(slots.end))


def _check_issues(tree: Tree, used: list[int]) -> None:
    """Every issue's nodes are found, and no others."""
    slots = tree.slots
    names: defaultdict[IssueId, list[NodeId]] = defaultdict(list)
    for slot in used:
        if issue := IssueId(slots.issue[slot]):
            names[issue] += [slots.node[slot]] if tree.holds(slots.node[slot]) else []
            assert tree.knows_issue(issue)
    for issue, nodes in names.items():
        assert tree.nodes_of_issue(issue) == sorted(nodes)
