"""A change that does not fit its tree is noticed."""

import pytest
from msgspec.structs import replace

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.access import Access
from domain.panoramas.apply import apply_change, begin
from domain.panoramas.broken import BrokenStream
from domain.panoramas.commands import Reconcile, Remove
from domain.panoramas.facts import (
    AccessChanged,
    Added,
    AnyFact,
    Archived,
    Discarded,
    Forgotten,
    Kind,
    Moved,
    Opened,
    Origin,
    Removed,
    Renamed,
    Restored,
    Retitled,
    Synchronised,
    Withdrawn,
)
from tests.unit.domain.panoramas.building import OWNER, PANORAMA, STARTED, Story

R, A, B, C, D, E, F = (NodeId(f"{number:024x}") for number in range(7))
STRANGE = NodeId("9" * 24)
ZONELESS = STARTED.replace(tzinfo=None)
STARTING = (
    Added(A, Kind.NOTE, R, title="a"),
    Added(B, Kind.ISSUE, R, A, issue=IssueId(7)),
    Added(C, Kind.NOTE, A, title="c"),
    Added(D, Kind.NOTE, R, B, title="d"),
    Added(E, Kind.NOTE, D, title="e"),
    Added(F, Kind.NOTE, E, title="f"),
    Synchronised(B, to=True),
    Removed(D, R, B),
)


def story() -> Story:
    """A tree of every sort of node: A with C below, B following Jira, D removed with E and F below."""
    made = Story()
    opened = Opened(PANORAMA, R, "Plan", OWNER)
    made.changes = [made.change((opened, *STARTING), version=1)]
    made.tree = begin(made.changes[0])
    return made


@pytest.mark.parametrize(
    "fact",
    [
        Opened(PANORAMA, R, "Plan", OWNER),
        Added(A, Kind.NOTE, R, title="x"),
        Added(D, Kind.NOTE, R, title="x"),
        Added(NodeId("no id"), Kind.NOTE, R, title="x"),
        Added(STRANGE, Kind.NOTE, NodeId("8" * 24), title="x"),
        Added(STRANGE, Kind.NOTE, D, title="x"),
        Added(STRANGE, Kind.NOTE, E, title="x"),
        Added(STRANGE, Kind.NOTE, R, C, title="x"),
        Added(STRANGE, Kind.NOTE, R, D, title="x"),
        Added(STRANGE, Kind.NOTE, R, STRANGE, title="x"),
        Added(STRANGE, Kind.NOTE, R),
        Added(STRANGE, Kind.NOTE, R, issue=IssueId(1), title="x"),
        Added(STRANGE, Kind.ISSUE, R),
        Added(STRANGE, Kind.ISSUE, R, issue=IssueId(0)),
        Added(STRANGE, Kind.ISSUE, R, issue=IssueId(2**63)),
        Added(STRANGE, Kind.ISSUE, R, issue=IssueId(1), title="x"),
        Added(STRANGE, Kind.NOTE, R, title="x", origin=Origin(OWNER, ZONELESS, ZONELESS)),
        Forgotten(STRANGE),
        Forgotten(A, (C,)),
        Forgotten(D),
        Forgotten(D, (E,)),
        Forgotten(D, (F,)),
        Forgotten(D, (F, E)),
        Forgotten(D, (E, F, F)),
        Forgotten(D, (D, E, F)),
        Forgotten(D, (C, E, F)),
        Forgotten(D, (R, E, F)),
        Forgotten(D, (E, F, STRANGE)),
        Discarded(),
        Withdrawn(A, Kind.NOTE, R, title="a"),
        Withdrawn(B, Kind.ISSUE, R, A, issue=IssueId(7)),
        Withdrawn(C, Kind.GROUP, A, title="c"),
        Withdrawn(C, Kind.NOTE, A, title="x"),
        Withdrawn(C, Kind.NOTE, R, title="c"),
        Withdrawn(C, Kind.NOTE, A, C, title="c"),
        Withdrawn(F, Kind.NOTE, E, title="f"),
        Withdrawn(STRANGE, Kind.NOTE, R, title="x"),
        Withdrawn(R, Kind.GROUP, R),
        Moved(R, R, A),
        Moved(A, R, C),
        Moved(A, R, A),
        Moved(A, R, R, None, A),
        Moved(A, B, R),
        Moved(A, R, B, B),
        Moved(B, R, A),
        Moved(A, R, D),
        Moved(A, R, STRANGE),
        Moved(A, STRANGE, R),
        Moved(F, E, R),
        Moved(D, R, A, A),
        Moved(D, A, R, B),
        Moved(D, R, E, B),
        Moved(D, R, D, B),
        Moved(D, R, STRANGE, B),
        Moved(D, R, A, B, NodeId("no id")),
        Removed(A, B),
        Removed(A, R, B),
        Removed(D, R, B),
        Removed(E, D),
        Removed(R, R),
        Restored(A, R),
        Restored(D, R),
        Restored(D, A, B),
        Restored(E, D),
        Restored(STRANGE, R),
        Retitled(A, "x", "y"),
        Retitled(B, "x", "y"),
        Retitled(D, "d", "y"),
        Synchronised(A, to=True),
        Synchronised(B, to=True),
        Synchronised(D, to=True),
        Renamed("x", "y"),
        AccessChanged(Access(viewers=frozenset()), Access()),
        Archived(to=False),
    ],
    ids=repr,
)
def test_a_fact_that_does_not_fit_is_noticed(fact: AnyFact) -> None:
    """Whatever a fact says of what was before must be so."""
    made = story()
    with pytest.raises(BrokenStream):
        made.commit([fact])


def test_a_node_with_removed_children_is_not_withdrawn() -> None:
    """It would take their place away."""
    made = story()
    made.do(Remove(C))
    with pytest.raises(BrokenStream):
        made.commit([Withdrawn(A, Kind.NOTE, R, title="a")])


def test_a_removed_node_does_not_come_back_behind_what_is_gone() -> None:
    """The fact names a sibling that is there."""
    made = story()
    made.do(Remove(B))
    with pytest.raises(BrokenStream):
        made.commit([Restored(D, R, B)])


def test_a_removed_node_does_not_come_back_below_what_is_removed() -> None:
    """First its parent must."""
    made = story()
    made.do(Remove(C), Remove(A))
    with pytest.raises(BrokenStream):
        made.commit([Restored(C, A)])


def test_a_change_comes_in_its_turn() -> None:
    """Neither twice, nor early, nor before the time of the version before, nor at a time without a zone."""
    made = story()
    change = made.change([Renamed("Plan", "x")])
    for wrong in (
        replace(change, version=1),
        replace(change, version=3),
        replace(change, at=made.changes[0].at.replace(year=2025)),
        replace(change, at=change.at.replace(tzinfo=None)),
    ):
        with pytest.raises(BrokenStream):
            apply_change(made.tree, wrong)
    apply_change(made.tree, replace(change, at=made.tree.updated))
    assert made.tree.version == 2


def test_a_stream_begins_by_opening() -> None:
    """With version 1, and with Opened before all else."""
    first = story().changes[0]
    for wrong in (replace(first, version=2), replace(first, facts=()), replace(first, facts=STARTING)):
        with pytest.raises(BrokenStream):
            begin(wrong)


def test_what_fits_is_taken() -> None:
    """The facts of this module's tree are sound."""
    made = story()
    made.do(Reconcile(B, ()))
    assert made.shown() == [".a", "..c", ".7"]
    assert made.tree.node(A).creator == UserId(OWNER)
