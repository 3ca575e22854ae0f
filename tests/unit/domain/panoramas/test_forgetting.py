"""What was removed long ago is gone for good, and nothing that could still come back goes with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from domain.errors import ActionRefused, BuiltUpon, NodeMissing
from domain.ids import SERVICE, IssueId, NodeId
from domain.panoramas.apply import apply_change
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.commands import Archive, Move, Place, Remove, Restore
from domain.panoramas.facts import Added, AnyFact, Archived, Discarded, Forgotten
from domain.panoramas.forgetting import forgettable, waiting_since
from domain.panoramas.invert import do_again, invert, take_back
from domain.panoramas.refusals import Built, Refusal
from tests.unit.domain.panoramas.building import OWNER, STARTED, Story, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.reference import replay

ALL = 10_000


def forget(story: Story, through: datetime, most: int = ALL) -> Sequence[Forgotten]:
    """Forget what has waited long enough, and see that the tree is one tree and says what the reference says."""
    facts = forgettable(story.tree, through, most)
    story.commit(facts, SERVICE)
    check_shape(story.tree)
    assert observed(story.tree) == replay(story.changes)
    assert observed(decode_tree(encode_tree(story.tree))) == observed(story.tree)
    return facts


def forgotten(facts: Sequence[Forgotten]) -> set[NodeId]:
    """Return all nodes that the facts let go."""
    return {node for fact in facts for node in (fact.node, *fact.below)}


def test_where_nothing_is_removed_nothing_waits() -> None:
    """A tree of active nodes has nothing to forget, ever."""
    story, _ = tree_of("a", "b")
    assert waiting_since(story.tree) is None
    assert forgettable(story.tree, STARTED + timedelta(days=999), ALL) == ()


def test_a_removed_node_is_forgotten_with_all_below_it() -> None:
    """Not before its time; the others stay as they are, and its issues lead nowhere."""
    story, (a, b) = tree_of("a", "b")
    below = story.add(7, a)
    deep = story.add("deep", below)
    removal = story.do(Remove(a)).at
    assert waiting_since(story.tree) == removal
    assert forget(story, removal - timedelta(microseconds=1)) == ()
    assert story.tree.knows_issue(IssueId(7))
    facts = forget(story, removal)
    assert facts == (Forgotten(a, (below, deep)),)
    assert not story.tree.knows_issue(IssueId(7))
    assert (story.tree.total, story.shown()) == (2, [".b"])
    assert story.tree.holds(b)
    with pytest.raises(NodeMissing):
        story.do(Restore(a))


def test_what_was_removed_before_what_is_above_it_goes_first() -> None:
    """A node that was removed out of a group that was removed later has waited longer."""
    story, (group,) = tree_of("group")
    one, other = story.add("one", group), story.add("other", group)
    first = story.do(Remove(one)).at
    second = story.do(Remove(group)).at
    assert forget(story, first) == (Forgotten(one),)
    assert forget(story, second) == (Forgotten(group, (other,)),)


def test_what_is_removed_below_a_removed_node_goes_along() -> None:
    """Where all of it has waited long enough there is one fact, which names the removed ones below too."""
    story, (group,) = tree_of("group")
    one, other = story.add("one", group), story.add("other", group)
    lowest = story.add("lowest", one)
    story.do(Remove(lowest))
    story.do(Remove(one))
    facts = forget(story, story.do(Remove(group)).at)
    assert facts == (Forgotten(group, (one, lowest, other)),)
    assert story.tree.total == 1


def test_what_was_moved_while_it_was_removed_waits_anew() -> None:
    """A removed node that came to remember another place, in a group removed before, keeps that group from going."""
    story, (group, node) = tree_of("group", "node")
    moved = story.do(Move(node, Place(group)))
    story.do(Move(node, Place(None, group)))
    story.do(Remove(node))
    again = take_back(story.tree, story.changes[-2], OWNER)
    removal = story.do(Remove(group)).at
    story.commit(again)
    assert observed(story.tree) == replay(story.changes)
    assert moved.version < story.tree.version
    assert forget(story, removal) == ()
    assert forgotten(forget(story, story.changes[-2].at)) == {group, node}


def test_a_change_forgets_about_as_much_as_it_may() -> None:
    """What has waited longest comes first; a subtree is never divided."""
    story, tops = tree_of("a", "b", "c")
    below = [story.add("x", tops[1]) for _ in range(5)]
    through = [story.do(Remove(top)).at for top in (tops[1], tops[0], tops[2])][-1]
    assert forgotten(forget(story, through, 3)) == {tops[1], *below}
    assert forgotten(forget(story, through, 1)) == {tops[0]}
    assert forgotten(forget(story, through, 1)) == {tops[2]}
    assert forget(story, through, 1) == ()


def test_a_slot_of_a_forgotten_node_is_as_good_as_new() -> None:
    """Whatever the nodes were that had it before: removed, following Jira, with others below."""
    story, (top,) = tree_of(5)
    story.add("x", story.add(7, top))
    story.do(Remove(top))
    forget(story, story.changes[-1].at)
    nodes = [story.add(number) for number in range(1, 5)]
    assert story.tree.slots.end == 5
    story.do(Move(nodes[1], Place(nodes[0])), Move(nodes[2], Place(nodes[1])), Remove(nodes[3]))
    check_shape(story.tree)
    assert observed(story.tree) == replay(story.changes)


def test_a_sibling_that_is_forgotten_is_not_built_upon() -> None:
    """Who was removed from behind it comes back last; that nobody knows the place any more survives a snapshot."""
    story, (a, b, c) = tree_of("a", "b", "c")
    story.do(Remove(b))
    through = story.do(Remove(a)).at
    story.do(Restore(b), Remove(b))
    assert forgotten(forget(story, through)) == {a}
    story.tree = decode_tree(encode_tree(story.tree))
    story.do(Restore(b))
    assert story.shown() == [".c", ".b"]
    assert story.tree.holds(c)


def test_an_undo_of_what_is_forgotten_says_that_it_is_gone() -> None:
    """The removal, and what happened to the node before it; what was taken back before it was removed comes again."""
    story, (a,) = tree_of("a")
    added, removal = story.changes[-1], story.do(Remove(a))
    forget(story, removal.at)
    for change in (added, removal):
        with pytest.raises(BuiltUpon) as refused:
            take_back(story.tree, change, OWNER)
        assert (refused.value.reason, refused.value.node) == (Built.GONE, a)
    assert [type(fact) for fact in do_again(story.tree, added, OWNER)] == [Added]


@pytest.mark.parametrize("fact", [Forgotten(NodeId("0" * 24)), Discarded()])
def test_what_is_gone_for_good_does_not_come_back(fact: Forgotten | Discarded) -> None:
    """Neither its inverse nor itself can be asked for."""
    story, _ = tree_of("a")
    change = story.change((fact,), user=SERVICE)
    with pytest.raises(ActionRefused) as refused:
        invert([fact])
    assert refused.value.reason == Refusal.FORGOTTEN
    with pytest.raises(ActionRefused) as refused:
        do_again(story.tree, change, OWNER)
    assert refused.value.reason == Refusal.FORGOTTEN


def test_a_discarded_panorama_takes_no_change() -> None:
    """The fact is the last one of all, and only of an archived panorama."""
    story, _ = tree_of("a")
    with pytest.raises(BrokenStream):
        apply_change(story.tree.frozen(), story.change((Discarded(),), user=SERVICE))
    story.do(Archive())
    story.commit((Discarded(),), SERVICE)
    assert (story.tree.discarded, story.tree.administered) == (True, story.tree.version)
    assert observed(story.tree) == replay(story.changes)
    assert observed(decode_tree(encode_tree(story.tree))) == observed(story.tree)
    after: tuple[AnyFact, ...] = (Archived(to=False), Discarded())
    for fact in after:
        with pytest.raises(BrokenStream):
            apply_change(story.tree.frozen(), story.change((fact,), user=SERVICE))
