"""Strategies: requests that people might make, most of them sensible."""

from collections.abc import Sequence

from hypothesis import strategies as st

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import (
    Add,
    AnyCommand,
    Archive,
    Copy,
    Move,
    NodeRef,
    Place,
    Reconcile,
    Remove,
    Rename,
    Restore,
    Retitle,
    SetAccess,
)
from domain.panoramas.facts import Kind
from tests.unit.domain.panoramas.building import EDITOR, OWNER

GONE = NodeId("e" * 24)
"""A node that never was."""

USERS = st.sampled_from((OWNER, EDITOR))
_ISSUES = st.integers(1, 5).map(IssueId)
_TITLES = st.sampled_from(("Now", "Next", "Later", "بعد", "🌲"))
_NUMBERS = st.none() | st.integers(-3, -1)


def commands(nodes: Sequence[NodeId]) -> st.SearchStrategy[AnyCommand]:
    """One thing to ask for, about nodes that there are or were."""
    refs: st.SearchStrategy[NodeRef] = st.sampled_from((*nodes, *nodes, *nodes, -1, GONE))
    places = st.builds(Place, st.none() | refs, st.none() | refs)
    adds = st.one_of(
        st.builds(Add, st.just(Kind.ISSUE), places, issue=_ISSUES, node=_NUMBERS),
        st.builds(Add, st.sampled_from((Kind.GROUP, Kind.NOTE)), places, title=_TITLES, node=_NUMBERS),
    )
    shaping = st.one_of(
        adds,
        st.builds(Move, refs, places),
        st.builds(Remove, refs),
        st.builds(Restore, refs, st.none() | places),
        st.builds(Copy, refs, places, _NUMBERS),
        st.builds(Retitle, refs, _TITLES),
        st.builds(Reconcile, refs, st.lists(_ISSUES, max_size=4).map(tuple)),
    )
    return st.one_of(adds, shaping, shaping, shaping, administration())


def administration() -> st.SearchStrategy[AnyCommand]:
    """One thing to ask for about the panorama itself."""
    some: st.SearchStrategy[frozenset[UserId] | None] = st.sampled_from((None, frozenset({EDITOR}), frozenset()))
    return st.one_of(
        st.builds(Rename, _TITLES),
        st.builds(SetAccess, st.builds(Access, st.none() | st.just(frozenset({EDITOR})), some)),
        st.builds(Archive, st.sampled_from((False, False, True))),
    )
