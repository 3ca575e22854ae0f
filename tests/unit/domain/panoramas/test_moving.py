"""Nodes go elsewhere, leave and come back."""

import pytest

from domain.errors import ActionRefused, NodeMissing
from domain.panoramas.commands import Copy, Move, NodeRef, Place, Reconcile, Remove, Restore, Retitle
from domain.panoramas.facts import Moved, Removed, Restored, Retitled
from domain.panoramas.refusals import Refusal
from tests.unit.domain.panoramas.building import tree_of


def test_a_node_moves_with_all_below_it() -> None:
    """What hangs below a node stays below it."""
    story, (first, last) = tree_of("first", "last")
    story.add(7, first)
    (fact,) = story.do(Move(first, Place(last))).facts
    assert story.shown() == [".last", "..first", "...7"]
    assert fact == Moved(first, from_parent=story.root, to_parent=last)


@pytest.mark.parametrize(
    ("mover", "after", "shown"),
    [
        (0, 1, "bacd"),
        (0, 3, "bcda"),
        (3, None, "dabc"),
        (3, 0, "adbc"),
        (0, "gone", "bcda"),
        (3, "gone", "abcd"),
        (1, 1, "abcd"),
        (1, 0, "abcd"),
        (0, None, "abcd"),
        (0, 0, "abcd"),
    ],
)
def test_a_node_moves_among_its_siblings(mover: int, after: int | str | None, shown: str) -> None:
    """A move to where the node is already, behind itself included, makes no fact."""
    story, nodes = tree_of(*"abcd")
    ref = nodes[after] if isinstance(after, int) else after and "0" * 24
    change = story.do(Move(nodes[mover], Place(None, ref)))
    assert "".join(story.shown()).replace(".", "") == shown
    assert bool(change.facts) is (shown != "abcd")


def test_a_node_moved_elsewhere_behind_itself_goes_last() -> None:
    """It is no child there, so that it goes to the end."""
    story, (first, last) = tree_of("first", "last")
    story.add("x", last)
    story.do(Move(first, Place(last, first)))
    assert story.shown() == [".last", "..x", "..first"]


def test_nothing_moves_below_itself() -> None:
    """Neither right below itself nor deeper."""
    story, (top,) = tree_of("top")
    deep = story.add("deep", story.add("middle", top))
    for under in (top, deep):
        with pytest.raises(ActionRefused) as refused:
            story.do(Move(top, Place(under)))
        assert (refused.value.reason, refused.value.node) == (Refusal.BELOW_ITSELF, top)


@pytest.mark.parametrize("command", [Move, Copy])
@pytest.mark.parametrize("ref", ["0" * 24, -1])
def test_a_missing_node_is_an_error(command: type[Move | Copy], ref: NodeRef) -> None:
    """What is not there cannot be moved or copied."""
    story, _ = tree_of("a")
    with pytest.raises(NodeMissing):
        story.do(command(ref, Place()))


def test_the_root_stays() -> None:
    """The root is not moved, removed, copied, retitled, reconciled or restored."""
    story, _ = tree_of("a")
    root = story.root
    for command in (Move(root, Place()), Remove(root), Copy(root, Place()), Retitle(root, "a"), Reconcile(root, ())):
        with pytest.raises(ActionRefused) as refused:
            story.do(command)
        assert refused.value.reason == Refusal.ROOT
    with pytest.raises(ActionRefused) as refused:
        story.do(Restore(root))
    assert refused.value.reason == Refusal.NOT_REMOVED


def test_a_removed_node_takes_along_what_is_below() -> None:
    """None of it is active; what was removed is not there for anybody."""
    story, (first, second) = tree_of("first", 7)
    below = story.add(8, second)
    (fact,) = story.do(Remove(second)).facts
    assert fact == Removed(second, story.root, first)
    assert story.shown() == [".first"]
    assert not story.tree.holds(below)
    assert len(story.tree) == 1
    for gone in (second, below):
        with pytest.raises(NodeMissing):
            story.do(Remove(gone))


def test_a_removed_node_comes_back_whole() -> None:
    """Restored where it was, in its old order, without what had been removed from it before."""
    story, (_, second, _) = tree_of("a", 7, "c")
    gone, _kept = story.add(8, second), story.add(9, second)
    story.do(Remove(gone))
    story.do(Remove(second))
    (fact,) = story.do(Restore(second)).facts
    assert isinstance(fact, Restored)
    assert story.shown() == [".a", ".7", "..9", ".c"]


def test_a_node_comes_back_last_if_its_sibling_is_gone() -> None:
    """The place is found by intention, and the fact tells where it is."""
    story, (first, second, _) = tree_of("a", "b", "c")
    story.do(Remove(second), Remove(first))
    story.do(Restore(second))
    assert story.shown() == [".c", ".b"]
    story.do(Restore(first))
    assert story.shown() == [".a", ".c", ".b"]


def test_a_node_comes_back_elsewhere_if_asked() -> None:
    """A place may be given, also where the old parent is gone."""
    story, (first, second) = tree_of("a", "b")
    below = story.add("below", first)
    story.do(Remove(below), Remove(first))
    with pytest.raises(ActionRefused) as refused:
        story.do(Restore(below))
    assert (refused.value.reason, refused.value.node) == (Refusal.PARENT_GONE, below)
    story.do(Restore(below, Place(second)))
    assert story.shown() == [".b", "..below"]
    story.do(Restore(first))
    assert story.shown() == [".a", ".b", "..below"]


def test_only_what_was_itself_removed_is_restored() -> None:
    """Neither an active node, nor one below a removed one, nor one that never was."""
    story, (first,) = tree_of("a")
    below = story.add("below", first)
    with pytest.raises(ActionRefused) as refused:
        story.do(Restore(first))
    assert refused.value.reason == Refusal.NOT_REMOVED
    story.do(Remove(first))
    with pytest.raises(ActionRefused):
        story.do(Restore(below))
    for ref in ("0" * 24, -1):
        with pytest.raises(NodeMissing):
            story.do(Restore(ref))


def test_a_note_gets_another_title() -> None:
    """The fact has both titles; the same title again makes none."""
    story, (note,) = tree_of("old")
    assert story.do(Retitle(note, "new")).facts == (Retitled(note, "old", "new"),)
    assert story.do(Retitle(note, "new")).facts == ()
    assert story.shown() == [".new"]


def test_an_issue_has_no_title() -> None:
    """Titles of issues are Jira's."""
    story, (issue,) = tree_of(7)
    with pytest.raises(ActionRefused) as refused:
        story.do(Retitle(issue, "new"))
    assert (refused.value.reason, refused.value.node) == (Refusal.NO_TITLE, issue)
