"""Nodes come to be."""

import pytest

from domain.errors import ActionRefused, LimitExceeded, NodeMissing, TextRefused
from domain.ids import IssueId, NodeId
from domain.panoramas.commands import Add, Place, Remove
from domain.panoramas.decide import decide
from domain.panoramas.facts import Added, Kind
from domain.panoramas.limits import ISSUE, TITLE
from domain.panoramas.refusals import Refusal
from tests.unit.domain.panoramas.building import EDITOR, OWNER, STARTED, Story, new, tree_of


def test_an_added_node_is_where_it_was_asked_for() -> None:
    """Without `after` a node comes first, else right behind that sibling."""
    story, (first, _last) = tree_of("first", "last")
    story.do(new("very first"), new("between", Place(None, first)), new(7, Place(first)))
    assert story.shown() == [".very first", ".first", "..7", ".between", ".last"]


def test_an_added_node_knows_its_maker_and_time() -> None:
    """Creator and times are those of the change."""
    story = Story()
    change = story.do(new(7), user=EDITOR)
    (node,) = story.tree.walk()
    assert (node.creator, node.created, node.updated) == (EDITOR, change.at, change.at)
    assert change.at > STARTED


def test_later_actions_call_a_new_node_by_its_number() -> None:
    """A node made in a batch can be built upon in the same batch, and the answer tells its id."""
    story = Story()
    decision = decide(
        story.tree,
        [new("a", number=-1), new("b", Place(-1), number=-2), new("c", Place(-1, -2)), Remove(-2)],
        OWNER,
        story.new_node,
    )
    story.commit(decision.facts)
    assert story.shown() == [".a", "..c"]
    assert sorted(decision.made) == [-2, -1]
    assert story.tree.holds(decision.made[-1])


def test_the_root_may_be_named() -> None:
    """The root can be said by its id as well as by None."""
    story, _ = tree_of("a")
    story.do(new("b", Place(story.root)))
    assert story.shown() == [".b", ".a"]


@pytest.mark.parametrize("after", ["0" * 24, -1, "elsewhere", "removed", "below"])
def test_behind_a_sibling_that_is_gone_means_last(after: str | int) -> None:
    """The meaning is by intention: what cannot be behind the sibling named goes to the end."""
    story, (first, gone, _) = tree_of("first", "gone", "last")
    nodes: dict[str | int, NodeId] = {"below": story.add("below", first), "removed": gone}
    story.do(Remove(gone))
    story.do(new("new", Place(None, nodes.get(after, after))))
    assert story.shown() == [".first", "..below", ".last", ".new"]


@pytest.mark.parametrize("under", ["0" * 24, -1, 0, 1, "removed"])
def test_a_missing_parent_is_an_error(under: str | int) -> None:
    """A target that is not there fails the batch, by its id."""
    story, (node,) = tree_of("a")
    story.do(Remove(node))
    ref = node if under == "removed" else under
    with pytest.raises(NodeMissing) as refused:
        story.do(new("b"), new("c", Place(ref)))
    assert refused.value.node == ref
    assert story.shown() == []


def test_what_is_no_id_is_not_repeated() -> None:
    """An error carries no text that a person typed."""
    with pytest.raises(NodeMissing) as refused:
        Story().do(new("a", Place("secret")))
    assert refused.value.node == ""


@pytest.mark.parametrize(
    "command",
    [
        Add(Kind.ISSUE, Place()),
        Add(Kind.ISSUE, Place(), title="a"),
        Add(Kind.ISSUE, Place(), issue=IssueId(1), title="a"),
        Add(Kind.GROUP, Place()),
        Add(Kind.NOTE, Place(), issue=IssueId(1)),
        Add(Kind.NOTE, Place(), issue=IssueId(1), title="a"),
    ],
)
def test_a_node_is_an_issue_or_has_a_title(command: Add) -> None:
    """An ISSUE takes an issue and no title, the others the reverse."""
    with pytest.raises(ActionRefused) as refused:
        Story().do(command)
    assert refused.value.reason == Refusal.KIND


@pytest.mark.parametrize("issue", [0, -1, ISSUE + 1])
def test_an_issue_id_is_in_range(issue: int) -> None:
    """Jira's ids are positive and have 63 bits."""
    story = Story()
    with pytest.raises(ActionRefused) as refused:
        story.do(new(issue))
    assert refused.value.reason == Refusal.ISSUE
    story.do(new(ISSUE), new(1))


@pytest.mark.parametrize("number", [0, 1, -(2**63) - 1])
def test_a_number_is_negative_and_fits(number: int) -> None:
    """Numbers cannot be taken for anything else, and fit into every encoding."""
    story = Story()
    with pytest.raises(ActionRefused) as refused:
        story.do(new("a", number=number))
    assert refused.value.reason == Refusal.NUMBER
    story.do(new("a", number=-(2**63)))


def test_a_number_is_given_once() -> None:
    """Two nodes of one batch cannot be called the same."""
    with pytest.raises(ActionRefused) as refused:
        Story().do(new("a", number=-1), new("b", number=-1))
    assert (refused.value.reason, refused.value.node) == (Refusal.NUMBER_TAKEN, -1)


@pytest.mark.parametrize("title", ["a", "בְּרֵאשִׁית", "بعد الغد", "🌲" * TITLE, " ", "\u202eabc", "a\u0301"])
def test_any_text_is_a_title(title: str) -> None:
    """Unicode and right-to-left text are welcome; characters are counted, not bytes."""
    story = Story()
    story.do(new(title))
    assert story.shown() == ["." + title]


@pytest.mark.parametrize("title", ["", "a\0", "a\nb", "\x7f", "\x9b", "\ud83c", "a\udfff"])
def test_what_is_no_text_is_no_title(title: str) -> None:
    """Control characters and lone surrogates are refused, and not repeated in the error."""
    with pytest.raises(TextRefused) as refused:
        Story().do(new(title))
    assert refused.value.args == ("title",)


def test_a_title_has_an_end() -> None:
    """A title is refused beyond its limit, which the error tells."""
    with pytest.raises(LimitExceeded) as refused:
        Story().do(new("x" * (TITLE + 1)))
    assert (refused.value.what, refused.value.limit) == ("title", TITLE)


def test_an_empty_batch_decides_nothing() -> None:
    """No command, no fact."""
    story = Story()
    assert decide(story.tree, [], OWNER, story.new_node).facts == ()


def test_an_added_fact_says_everything() -> None:
    """The fact has place and content."""
    story, (first,) = tree_of("first")
    (fact,) = story.do(new(7, Place(None, first))).facts
    assert isinstance(fact, Added)
    assert fact == Added(fact.node, Kind.ISSUE, story.root, first, IssueId(7))
