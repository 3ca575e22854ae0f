"""Changes are taken back and done again, unless somebody has built on them."""

import pytest

from domain.errors import AccessRefused, ActionRefused, BuiltUpon, LimitExceeded
from domain.ids import IssueId, NodeId
from domain.panoramas.access import Access
from domain.panoramas.commands import Archive, Move, Place, Reconcile, Remove, Rename, Restore, Retitle, SetAccess
from domain.panoramas.facts import Added, Change, Kind, Moved, Withdrawn
from domain.panoramas.invert import do_again, invert, take_back
from domain.panoramas.limits import DEPTH
from domain.panoramas.refusals import Built, Refusal
from tests.unit.domain.panoramas.building import EDITOR, OWNER, Story, new, tree_of
from tests.unit.domain.panoramas.observing import check_shape


def undo(story: Story, change: Change) -> Change:
    """Take a change back."""
    return story.commit(take_back(story.tree, change, OWNER))


def redo(story: Story, change: Change) -> Change:
    """Do a change again that was taken back."""
    return story.commit(do_again(story.tree, change, OWNER))


def refusal(story: Story, change: Change) -> tuple[str, str | None]:
    """Return why a change cannot be taken back."""
    with pytest.raises(BuiltUpon) as refused:
        take_back(story.tree, change, OWNER)
    return refused.value.reason, refused.value.node


def redo_refusal(story: Story, change: Change) -> tuple[str, str | None]:
    """Return why a change cannot be done again."""
    with pytest.raises(BuiltUpon) as refused:
        do_again(story.tree, change, OWNER)
    return refused.value.reason, refused.value.node


def added(change: Change) -> NodeId:
    """Return the node that a change made first."""
    return next(fact.node for fact in change.facts if isinstance(fact, Added))


def test_an_inverse_has_the_facts_reversed() -> None:
    """The last fact is undone first; an inverse's inverse is what was."""
    parent, node = NodeId("a" * 24), NodeId("b" * 24)
    facts = (Added(node, Kind.NOTE, parent, title="x"), Moved(node, parent, node, None, parent))
    assert invert(facts) == (Moved(node, node, parent, parent, None), Withdrawn(node, Kind.NOTE, parent, title="x"))
    assert invert(invert(facts)) == facts


def test_opening_cannot_be_taken_back() -> None:
    """Nor is a panorama opened again."""
    story = Story()
    for again in (take_back, do_again):
        with pytest.raises(ActionRefused) as refused:
            again(story.tree, story.changes[0], OWNER)
        assert refused.value.reason == Refusal.OPENED


def test_siblings_are_not_built_upon() -> None:
    """What has happened around a node does not keep it: its place is found by intention."""
    story, nodes = tree_of(*"abcd")
    change = story.do(Move(nodes[3], Place(None, nodes[0])))
    story.do(Remove(nodes[2]), Remove(nodes[0]), new("x", Place(None, nodes[1])))
    undo(story, change)
    assert story.shown() == [".b", ".x", ".d"]
    story.do(Remove(nodes[1]))
    redo(story, change)
    assert story.shown() == [".x", ".d"]


def test_nothing_is_left_to_do_where_it_is_so_already() -> None:
    """A node that stands where it would go back to stays, without a fact."""
    story, nodes = tree_of(*"ab")
    change = story.do(Move(nodes[1], Place()))
    story.do(Move(nodes[1], Place(None, nodes[0])))
    assert take_back(story.tree, change, OWNER) == ()


def test_a_node_done_again_keeps_its_maker_and_time() -> None:
    """It is the same node as before, though another user does it again."""
    story = Story()
    change = story.do(new("a"), user=EDITOR)
    undo(story, change)
    assert story.shown() == []
    again = redo(story, change)
    node = story.tree.node(added(change))
    assert (node.creator, node.created) == (EDITOR, change.at)
    undo(story, again)
    redo(story, again)
    assert story.tree.node(node.id).creator == EDITOR
    check_shape(story.tree)


def test_an_added_node_that_was_built_upon_stays() -> None:
    """Children, another parent, another title or removal: each is told, with the node."""
    story, (other,) = tree_of("other")
    change = story.do(new("a"))
    node = added(change)
    for command, reason in (
        (new("child", Place(node)), Built.CHILDREN),
        (Move(other, Place(node)), Built.CHILDREN),
        (Move(node, Place(other)), Built.MOVED),
        (Retitle(node, "other"), Built.RETITLED),
        (Remove(node), Built.REMOVED),
    ):
        built = story.do(command, user=EDITOR)
        assert refusal(story, change) == (reason, node)
        undo(story, built)
    undo(story, change)


def test_removed_children_are_built_upon_too() -> None:
    """They would have nowhere to come back to."""
    story = Story()
    change = story.do(new("a"))
    story.do(Remove(story.add("child", added(change))))
    assert refusal(story, change) == (Built.CHILDREN, added(change))


def test_an_added_issue_that_follows_jira_stays() -> None:
    """Somebody has begun to reconcile it."""
    story = Story()
    change = story.do(new(7))
    synchronised = story.do(Reconcile(added(change), ()))
    assert refusal(story, change) == (Built.SYNCHRONISED, added(change))
    undo(story, synchronised)
    assert refusal(story, synchronised) == (Built.SYNCHRONISED, added(change))
    undo(story, change)
    assert refusal(story, synchronised) == (Built.GONE, added(change))
    redo(story, change)
    redo(story, synchronised)
    assert [row[4] for row in story.tree.outline_rows()] == [1]


def test_an_issue_is_found_until_its_last_node_is_taken_back() -> None:
    """Whichever of its nodes goes first."""
    for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0)):
        story = Story()
        changes = [story.do(new(7)) for _ in range(3)]
        for left, at in zip((2, 1, 0), order, strict=True):
            undo(story, changes[at])
            check_shape(story.tree)
            assert len(story.tree.nodes_of_issue(IssueId(7))) == left
        assert not story.tree.knows_issue(IssueId(7))


def test_a_whole_batch_is_taken_back() -> None:
    """Nodes made, moved, retitled and removed in one request go as they came."""
    story, (first, second) = tree_of("first", 7)
    before = story.shown()
    change = story.do(
        new("a", Place(first), number=-1),
        new("b", Place(-1)),
        Move(second, Place(-1)),
        Retitle(first, "x"),
        Reconcile(second, (IssueId(1), IssueId(2))),
        Remove(-1),
    )
    undo(story, change)
    assert story.shown() == before
    redo(story, change)
    assert story.shown() == [".x"]


def test_a_parent_that_has_gone_is_told() -> None:
    """A node cannot go back, be made or be restored below a parent that is not there."""
    story, (first, second, third) = tree_of(*"abc")
    below = story.add("below", first)
    moved = story.do(Move(below, Place(second)))
    made = story.do(new("made", Place(first)))
    undo(story, made)
    gone = story.do(Remove(story.add("gone", first)))
    story.do(Remove(first), user=EDITOR)
    assert refusal(story, moved) == (Built.PARENT_GONE, first)
    assert refusal(story, gone) == (Built.PARENT_GONE, first)
    assert redo_refusal(story, made) == (Built.PARENT_GONE, first)
    story.do(Move(below, Place(third)))
    assert refusal(story, moved) == (Built.MOVED, below)


def test_a_parent_that_is_below_now_is_told() -> None:
    """A node cannot go back below what went below it."""
    story, (first, second) = tree_of(*"ab")
    below = story.add("below", first)
    change = story.do(Move(below, Place(second)))
    story.do(Move(first, Place(below)))
    assert refusal(story, change) == (Built.BELOW_ITSELF, below)


def test_a_node_below_a_removed_one_does_not_move() -> None:
    """It is not there to be moved, nor is one that was taken back."""
    story, (first, second) = tree_of(*"ab")
    made = story.do(new("x", Place(first)))
    change = story.do(Move(added(made), Place(second)))
    story.do(Remove(second))
    assert refusal(story, change) == (Built.REMOVED, added(made))
    story.do(Restore(second))
    undo(story, change)
    undo(story, made)
    assert redo_refusal(story, change) == (Built.GONE, added(made))


def test_a_moved_node_that_was_removed_will_come_back_to_where_it_was() -> None:
    """A removed node only remembers another place."""
    story, (first, second) = tree_of(*"ab")
    change = story.do(Move(first, Place(second)))
    story.do(Remove(first))
    undo(story, change)
    assert story.shown() == [".b"]
    story.do(Restore(first))
    assert story.shown() == [".a", ".b"]
    redo(story, change)
    story.do(Move(first, Place()), Remove(first))
    assert refusal(story, change) == (Built.MOVED, first)


def test_a_removal_is_taken_back_once() -> None:
    """Who has been restored by others is not restored again, nor taken from elsewhere."""
    story, (first, second) = tree_of(*"ab")
    change = story.do(Remove(first))
    story.do(Restore(first, Place(second)))
    assert refusal(story, change) == (Built.RESTORED, first)
    story.do(Remove(first))
    assert refusal(story, change) == (Built.MOVED, first)


def test_a_restoration_elsewhere_is_taken_back() -> None:
    """The node is removed again, and remembers the place that it had at first."""
    story, (first, second) = tree_of(*"ab")
    story.do(Remove(first))
    change = story.do(Restore(first, Place(second)))
    assert story.shown() == [".b", "..a"]
    undo(story, change)
    assert story.shown() == [".b"]
    story.do(Restore(first))
    assert story.shown() == [".a", ".b"]
    undo(story, story.changes[-1])
    redo(story, change)
    assert story.shown() == [".b", "..a"]
    story.do(Move(first, Place()))
    assert refusal(story, change) == (Built.MOVED, first)


def test_a_place_that_cannot_be_remembered_is_left_out() -> None:
    """A restoration is taken back although the old parent was withdrawn meanwhile, or has come to be below the node."""
    for inside in (False, True):
        story, (other,) = tree_of("other")
        made = story.do(new("parent"))
        child = story.add("child", added(made))
        story.do(Remove(child))
        change = story.do(Restore(child, Place(other)))
        if inside:
            story.do(Move(added(made), Place(child)))
        else:
            undo(story, made)
        undo(story, change)
        assert story.shown() == [".other"]
        story.do(Restore(child))
        assert story.shown()[:2] == [".other", "..child"]
        check_shape(story.tree)


def test_a_node_is_made_again_once() -> None:
    """Done again twice, it would stand twice."""
    story = Story()
    change = story.do(new("a"))
    assert redo_refusal(story, change) == (Built.RESTORED, added(change))


def test_a_title_changed_again_stays() -> None:
    """So do the panorama's name and access, and whether it is archived."""
    story, (note,) = tree_of("a")
    retitled = story.do(Retitle(note, "b"))
    renamed = story.do(Rename("b"))
    opened_up = story.do(SetAccess(Access(editors=frozenset({EDITOR}))))
    archived = story.do(Archive())
    undo(story, archived)
    assert refusal(story, archived) == (Built.ARCHIVED, None)
    story.do(Retitle(note, "c"), Rename("c"), SetAccess(Access()))
    assert refusal(story, retitled) == (Built.RETITLED, note)
    assert refusal(story, renamed) == (Built.RENAMED, None)
    assert refusal(story, opened_up) == (Built.ACCESS_CHANGED, None)


def test_what_belongs_to_the_panorama_is_taken_back() -> None:
    """Name and access become what they were."""
    story = Story()
    change = story.do(Rename("b"), SetAccess(Access(viewers=frozenset())))
    undo(story, change)
    assert (story.tree.name, story.tree.access) == ("Plan", Access())


def test_only_the_owner_takes_administration_back() -> None:
    """An editor undoes what an editor may do."""
    story = Story()
    changes = [story.do(SetAccess(Access(editors=frozenset({EDITOR})))), story.do(Archive())]
    for change in changes:
        with pytest.raises(AccessRefused):
            take_back(story.tree, change, EDITOR)


def test_an_undo_keeps_within_the_limits() -> None:
    """A restored subtree must still fit below where its parent is now."""
    story, (top, _) = tree_of("top", "x")
    deep = [story.root]
    for _ in range(DEPTH):
        deep.append(story.add("x", deep[-1]))
    parent = story.add("parent", top)
    change = story.do(Remove(story.add("child", parent)))
    story.do(Move(parent, Place(deep[-2])))
    with pytest.raises(LimitExceeded) as refused:
        take_back(story.tree, change, OWNER)
    assert refused.value.what == "depth"
