"""Commands that make many nodes: copies, and children as Jira says."""

import pytest

from domain.errors import ActionRefused, LimitExceeded
from domain.ids import IssueId
from domain.panoramas.commands import Copy, Place, Reconcile, Remove, Retitle
from domain.panoramas.decide import decide
from domain.panoramas.facts import Added, Removed, Synchronised
from domain.panoramas.limits import DEPTH, EFFORT, ISSUE
from domain.panoramas.refusals import Refusal
from tests.unit.domain.panoramas.building import OWNER, new, tree_of


def issues(*numbers: int) -> tuple[IssueId, ...]:
    """Issue ids."""
    return tuple(map(IssueId, numbers))


def test_a_copy_has_all_that_is_below() -> None:
    """In the same order, with new ids, without what was removed; later actions may name it."""
    story, (top, _) = tree_of("top", "x")
    first, gone = story.add(7, top), story.add("gone", top)
    story.add("deep", first)
    story.add(9, top)
    story.do(Remove(gone))
    change = story.do(Copy(top, Place(None, top), copy=-1), Retitle(-1, "copy"))
    assert story.shown() == [".top", "..7", "...deep", "..9", ".copy", "..7", "...deep", "..9", ".x"]
    assert len({fact.node for fact in change.facts if isinstance(fact, Added)}) == 4


def test_a_copy_may_go_below_its_original() -> None:
    """It is a copy of what was there before it."""
    story, (top,) = tree_of("top")
    below = story.add("below", top)
    story.do(Copy(top, Place(below)), Copy(top, Place(top, below)))
    assert story.shown()[:4] == [".top", "..below", "...top", "....below"]
    assert len(story.tree) == 8


def test_a_copy_follows_jira_like_its_original() -> None:
    """The flag is copied too."""
    story, (issue,) = tree_of(7)
    story.do(Reconcile(issue, issues(8)), Copy(issue, Place(None, issue)))
    assert [row[1:] for row in story.tree.outline_rows()] == [
        (1, "ISSUE", 7, 1),
        (2, "ISSUE", 8, 0),
        (1, "ISSUE", 7, 1),
        (2, "ISSUE", 8, 0),
    ]


def test_a_copys_number_is_checked() -> None:
    """A copy is called like nothing else."""
    story, (top,) = tree_of("top")
    with pytest.raises(ActionRefused) as refused:
        story.do(new("a", number=-1), Copy(top, Place(), copy=-1))
    assert refused.value.reason == Refusal.NUMBER_TAKEN


def test_children_become_those_that_jira_names() -> None:
    """Missing issues are added last, others removed; groups, notes and their order stay."""
    story, (issue,) = tree_of(7)
    for content in (1, "note", 2, 3):
        story.add(content, issue)
    change = story.do(Reconcile(issue, issues(5, 3, 1, 4)))
    assert story.shown() == [".7", "..1", "..note", "..3", "..5", "..4"]
    assert [type(fact) for fact in change.facts] == [Synchronised, Removed, Added, Added]


def test_nothing_happens_where_jira_agrees() -> None:
    """Asked again, there is no fact."""
    story, (issue,) = tree_of(7)
    story.do(Reconcile(issue, issues(1, 2)))
    assert story.do(Reconcile(issue, issues(2, 1, 2))).facts == ()


def test_an_issue_stands_once_below_a_reconciled_one() -> None:
    """Of two children for one issue the first stays."""
    story, (issue,) = tree_of(7)
    first, _second = story.add(1, issue), story.add(1, issue)
    story.do(Reconcile(issue, issues(1)))
    assert story.tree.children(issue) == (first,)


def test_only_an_issues_children_follow_jira() -> None:
    """A note's do not, and what Jira names are issues."""
    story, (note, issue) = tree_of("note", 7)
    with pytest.raises(ActionRefused) as refused:
        story.do(Reconcile(note, ()))
    assert (refused.value.reason, refused.value.node) == (Refusal.NOT_AN_ISSUE, note)
    for wrong in (0, ISSUE + 1):
        with pytest.raises(ActionRefused) as refused:
            story.do(Reconcile(issue, issues(1, wrong)))
        assert refused.value.reason == Refusal.ISSUE


def test_copies_keep_within_the_depth() -> None:
    """A copy that would hang too deep is refused before it is begun."""
    story, (top, tall) = tree_of("top", "tall")
    deep = top
    for _ in range(DEPTH - 1):
        deep = story.add("x", deep)
    story.add("x", tall)
    before = story.shown()
    with pytest.raises(LimitExceeded) as refused:
        story.do(Copy(tall, Place(story.tree.node(deep).parent)))
    assert (refused.value.what, refused.value.limit) == ("depth", DEPTH)
    assert story.shown() == before


def test_a_batch_looks_at_so_many_nodes_only() -> None:
    """Copies, and lists of issues that change nothing, do not go on for ever."""
    story, (top,) = tree_of(7)
    wanted = issues(*range(1, 1_000))
    story.do(Reconcile(top, wanted))
    fitting = [Reconcile(top, wanted)] * (EFFORT // (2 * len(wanted)))
    assert decide(story.tree, fitting, OWNER, story.new_node).facts == ()
    for more in (Copy(top, Place()), Reconcile(top, wanted)):
        with pytest.raises(LimitExceeded) as refused:
            decide(story.tree, [*fitting, more], OWNER, story.new_node)
        assert (refused.value.what, refused.value.limit) == ("effort", EFFORT)
