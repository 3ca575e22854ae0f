"""Large trees: their limits, and that no step of an edit depends on how large a tree is."""

import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, ParamSpec, TypeVar

import pytest

from domain.errors import LimitExceeded
from domain.ids import IssueId, NodeId
from domain.panoramas.apply import apply_change
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.commands import AnyCommand, Copy, Move, Place, Reconcile, Remove, Restore
from domain.panoramas.decide import decide
from domain.panoramas.facts import Added, Kind
from domain.panoramas.invert import do_again, take_back
from domain.panoramas.limits import ACTIONS, DEPTH, NODES
from domain.panoramas.tree import Tree
from tests.unit.domain.panoramas.building import OWNER, Story, new, tree_of
from tests.unit.domain.panoramas.planting import planted

P = ParamSpec("P")
V = TypeVar("V")
BYTES_A_NODE = 400
WORST = 2**14 * 2 // 3 + 10
"""So many nodes that the dictionaries have just grown."""


class Counted(list[V]):
    """A column that counts how often it is read or written."""

    steps = 0

    def __getitem__(self, slot: Any) -> Any:
        Counted.steps += 1
        return super().__getitem__(slot)

    def __setitem__(self, slot: Any, value: Any) -> None:
        Counted.steps += 1
        super().__setitem__(slot, value)


def counted(tree: Tree) -> None:
    """Have every column of a tree count."""
    for field in fields(tree.slots):
        column = getattr(tree.slots, field.name)
        if hasattr(column, "append"):
            setattr(tree.slots, field.name, Counted(column))


def steps(work: Callable[P, V], *args: P.args, **kwargs: P.kwargs) -> tuple[int, V]:
    """Return how many steps some work takes, and its outcome."""
    before = Counted.steps
    outcome = work(*args, **kwargs)
    return Counted.steps - before, outcome


def wide(count: int) -> tuple[Story, list[NodeId]]:
    """Return a panorama of two nodes with `count` children each, each child with a child; and the two."""
    story = Story()
    tops = [story.add("first"), story.add("second")]
    facts = []
    for top in tops:
        for _ in range(count):
            child = story.new_node()
            facts += [Added(child, Kind.NOTE, top, title="x"), Added(story.new_node(), Kind.NOTE, child, title="y")]
    story.commit(facts)
    return story, tops


def edits(story: Story, tops: Sequence[NodeId]) -> list[AnyCommand]:
    """Return a request of every sort, none of which looks at a whole list of children."""
    first, second = tops
    children = story.tree.children(first)
    below = story.tree.children(children[5])[0]
    return [
        new("new", Place(first, children[4])),
        new(7, Place(second, "0" * 24), number=-1),
        Reconcile(-1, (IssueId(1), IssueId(2))),
        Move(children[1], Place(second, children[2])),
        Move(children[2], Place(children[3])),
        Copy(children[4], Place(first)),
        Remove(below),
        Remove(children[5]),
        Restore(children[5]),
        Move(first, Place(second)),
        Remove(second),
        Restore(second),
    ]


def test_an_edit_takes_the_same_steps_in_any_tree() -> None:
    """Deciding, applying, undoing and redoing the same takes as many steps among 40 nodes as among 8,000."""
    counts = []
    for size in (10, 2_000):
        story, tops = wide(size)
        commands = edits(story, tops)
        counted(story.tree)
        deciding, decision = steps(decide, story.tree, commands, OWNER, story.new_node)
        applying, change = steps(story.commit, decision.facts)
        undoing, facts = steps(take_back, story.tree, change, OWNER)
        story.commit(facts)
        redoing, facts = steps(do_again, story.tree, change, OWNER)
        assert len(facts) == len(decision.facts)
        counts.append((deciding, applying, undoing, redoing))
    assert counts[0] == counts[1]
    assert all(0 < count < 3_000 for count in counts[0])


def test_a_batch_takes_steps_by_its_length() -> None:
    """Twice the actions take about twice the steps."""
    counts = []
    for length in (ACTIONS // 2, ACTIONS):
        story, (first, second) = wide(20)
        children = story.tree.children(first)
        counted(story.tree)
        moves = [Move(children[n % 20], Place((first, second)[n // 20 % 2])) for n in range(length)]
        counts.append(steps(decide, story.tree, moves, OWNER, story.new_node)[0])
    assert counts[1] < 2.2 * counts[0]


def bytes_taken(make: Callable[[], Tree]) -> int:
    """Return how much memory a new tree takes."""
    tracemalloc.start()
    try:
        tree = make()
        used, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(tree) == WORST
    return used


def test_a_node_takes_little_memory() -> None:
    """With all indexes: in a tree that grew by its changes, and in one that was read from its columns."""
    data = encode_tree(planted(WORST))
    assert bytes_taken(lambda: planted(WORST)) <= BYTES_A_NODE * WORST
    assert bytes_taken(lambda: decode_tree(data)) <= BYTES_A_NODE * WORST


@pytest.fixture(scope="module")
def full() -> Story:
    """A panorama with one node less than it may have."""
    story, (top,) = tree_of("top")
    story.commit([Added(story.new_node(), Kind.NOTE, top, title="x") for _ in range(NODES - 2)])
    assert len(story.tree) == NODES - 1
    return story


def test_a_panorama_has_so_many_nodes_only(full: Story) -> None:
    """One more fits, a second does not, however it would come; what is removed does not count."""
    (top,) = full.tree.children(full.root)
    child = full.tree.children(top)[0]
    decide(full.tree, [new("last")], OWNER, full.new_node)
    batches: list[list[AnyCommand]] = [
        [new("last"), new("too many")],
        [Copy(top, Place())],
        [Copy(child, Place()), Copy(child, Place())],
        [Remove(child), new("a"), new("b"), Restore(child)],
        [new(7, number=-1), Reconcile(-1, (IssueId(1),))],
    ]
    for commands in batches:
        with pytest.raises(LimitExceeded) as refused:
            decide(full.tree, commands, OWNER, full.new_node)
        assert (refused.value.what, refused.value.limit) == ("nodes", NODES)
    fitting: list[AnyCommand] = [new("last"), Move(child, Place()), Remove(child), new("a")]
    assert len(decide(full.tree, fitting, OWNER, full.new_node).facts) == len(fitting)


def deep() -> tuple[Story, list[NodeId]]:
    """Return a panorama of one chain as deep as may be, and its nodes from the top."""
    story = Story()
    chain: list[NodeId] = []
    for _ in range(DEPTH):
        chain.append(story.add("x", chain[-1] if chain else None))
    return story, chain


def test_a_panorama_has_so_many_levels_only() -> None:
    """Nothing is added, moved, restored, copied or reconciled deeper; the heights of what moves count."""
    story, chain = deep()
    top, issue = story.add("top"), story.add(7, chain[-2])
    child = story.add("child", top)
    for command in (
        new("x", Place(chain[-1])),
        Move(chain[1], Place(child)),
        Move(child, Place(chain[-1])),
        Copy(top, Place(chain[-2])),
        Reconcile(issue, (IssueId(1),)),
    ):
        with pytest.raises(LimitExceeded) as refused:
            decide(story.tree, [command], OWNER, story.new_node)
        assert (refused.value.what, refused.value.limit) == ("depth", DEPTH)
    story.do(Move(child, Place(chain[-2])), Move(chain[50], Place(top)))


def test_what_comes_back_keeps_within_the_depth() -> None:
    """Its old place may have come to be too deep."""
    story, chain = deep()
    top = story.add("top")
    child = story.add("child", story.add("parent", top))
    story.do(Remove(child))
    story.do(Move(story.tree.children(top)[0], Place(chain[-2])))
    with pytest.raises(LimitExceeded):
        story.do(Restore(child))
    story.do(Restore(child, Place(top)))


def test_a_tall_child_that_goes_leaves_the_next_tallest() -> None:
    """Heights shrink as they grow, whichever child goes first."""
    story, (top,) = tree_of("top")
    tall = [story.add(height, top) for height in (1, 2, 3)]
    for number, node in enumerate(tall):
        below = node
        for _ in range(3 * number):
            below = story.add("x", below)
    heights = [story.tree.height]
    for node in (tall[0], tall[2], tall[1]):
        change = story.do(Remove(node))
        heights.append(story.tree.height)
        trial = story.tree.frozen()
        apply_change(trial, story.change(take_back(trial, change, OWNER)))
        assert trial.height == heights[-2]
    assert heights == [8, 8, 5, 1]
