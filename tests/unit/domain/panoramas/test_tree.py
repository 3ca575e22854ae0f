"""What can be asked of a tree."""

from datetime import timedelta

import pytest

from domain.ids import IssueId, NodeId
from domain.panoramas.apply import apply_change
from domain.panoramas.commands import Move, Place, Reconcile, Remove, Rename
from domain.panoramas.decide import decide
from domain.panoramas.facts import Kind
from domain.panoramas.tree import Node
from tests.unit.domain.panoramas.building import EDITOR, OWNER, STARTED, STRANGER, Story, new, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed


def test_an_outline_is_depth_first() -> None:
    """Id, depth, kind, content and flags; what was removed is not in it, nor is the root."""
    story, (first, second, third) = tree_of("first", 7, "third")
    below = story.add("below", first)
    deep = story.add(9, below)
    story.do(Reconcile(second, ()), Remove(third))
    assert story.tree.outline_rows() == [
        (first, 1, "NOTE", "first", 0),
        (below, 2, "NOTE", "below", 0),
        (deep, 3, "ISSUE", 9, 0),
        (second, 1, "ISSUE", 7, 1),
    ]


def test_a_node_is_seen_as_a_whole() -> None:
    """With its parent, children, maker and times."""
    story, (top, other) = tree_of(7, "other")
    child = story.add("child", top)
    story.do(Reconcile(top, ()), Move(top, Place(other)))
    assert story.tree.node(top) == Node(
        id=top,
        kind=Kind.ISSUE,
        parent=other,
        issue=IssueId(7),
        title=None,
        creator=OWNER,
        created=STARTED + timedelta(seconds=2),
        updated=STARTED + timedelta(seconds=5),
        synchronised=True,
        children=(child,),
    )


def test_a_walk_meets_every_active_node() -> None:
    """Depth-first, in the order of the outline."""
    story, (first, second) = tree_of("first", "second")
    story.add("below", first)
    story.do(Remove(second))
    assert [node.title for node in story.tree.walk()] == ["first", "below"]


def test_only_active_nodes_are_shown() -> None:
    """The root has children and is held, but is no node to look at; what was removed is neither."""
    story, (first, second) = tree_of("first", "second")
    below = story.add("below", second)
    story.do(Remove(second))
    tree = story.tree
    assert tree.children(story.root) == (first,)
    assert [tree.holds(node) for node in (story.root, first, second, below, NodeId("x"))] == [True, True] + [False] * 3
    for node in (second, below, NodeId("x")):
        with pytest.raises(KeyError):
            tree.children(node)
    for node in (story.root, second, below, NodeId("x")):
        with pytest.raises(KeyError):
            tree.node(node)


def test_a_tree_has_a_size_and_a_height() -> None:
    """Active nodes without the root count; removed ones are kept and counted apart."""
    story, (first, _) = tree_of("first", "second")
    story.add("deep", story.add("below", first))
    assert (len(story.tree), story.tree.total, story.tree.height) == (4, 5, 3)
    story.do(Remove(first))
    assert (len(story.tree), story.tree.total, story.tree.height) == (1, 5, 1)


def test_the_nodes_of_an_issue_are_found() -> None:
    """The active ones, wherever they are; the issue is known as long as any node stands for it."""
    story, (first, second) = tree_of(7, 8)
    third = story.add(7, second)
    assert story.tree.nodes_of_issue(IssueId(7)) == sorted((first, third))
    story.do(Remove(second))
    assert story.tree.nodes_of_issue(IssueId(7)) == [first]
    assert story.tree.nodes_of_issue(IssueId(8)) == []
    assert [story.tree.knows_issue(IssueId(issue)) for issue in (7, 8, 9)] == [True, True, False]


def test_a_frozen_tree_stays() -> None:
    """Whatever happens to the tree that it was made from, and the reverse."""
    story, (first, _) = tree_of("first", 7)
    frozen, before = story.tree.frozen(), observed(story.tree)
    story.do(Remove(first), new(9), Rename("x"))
    assert observed(frozen) == before
    check_shape(frozen)
    check_shape(story.tree)


def test_a_frozen_tree_goes_on_by_itself() -> None:
    """Each has its own next version, by a user whom the other does not know."""
    story = Story()
    frozen = story.tree.frozen()
    apply_change(frozen, story.change(decide(frozen, [new("a")], STRANGER, story.new_node).facts, user=STRANGER))
    story.do(new("b"), user=EDITOR)
    assert [(node.title, node.creator) for node in frozen.walk()] == [("a", STRANGER)]
    assert [(node.title, node.creator) for node in story.tree.walk()] == [("b", EDITOR)]


def test_an_empty_tree_has_nothing() -> None:
    """Only a root."""
    tree = Story().tree
    assert (len(tree), tree.height, tree.outline_rows(), list(tree.walk())) == (0, 0, [], [])
