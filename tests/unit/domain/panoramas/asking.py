"""Strategies: requests that people might make, most of them sensible."""

from collections.abc import Sequence

from hypothesis import strategies as st
from msgspec.structs import replace

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


_REFS = st.integers(0, 30).map(lambda number: -1 if number == 7 else str(number))
_PLACES = st.builds(Place, st.none() | _REFS, st.none() | _REFS)
_SOME_USERS = st.sampled_from((None, frozenset({EDITOR}), frozenset[UserId]()))

_ADDS = st.one_of(
    st.builds(Add, st.just(Kind.ISSUE), _PLACES, issue=_ISSUES, node=_NUMBERS),
    st.builds(Add, st.sampled_from((Kind.GROUP, Kind.NOTE)), _PLACES, title=_TITLES, node=_NUMBERS),
)
_SHAPING = st.one_of(
    _ADDS,
    *[st.builds(Move, _REFS, _PLACES)] * 4,
    st.builds(Remove, _REFS),
    st.builds(Restore, _REFS, st.none() | _PLACES),
    st.builds(Copy, _REFS, _PLACES, _NUMBERS),
    st.builds(Retitle, _REFS, _TITLES),
    st.builds(Reconcile, _REFS, st.lists(_ISSUES, max_size=4).map(tuple)),
)
_ADMINISTRATION = st.one_of(
    st.builds(Rename, _TITLES),
    st.builds(SetAccess, st.builds(Access, _SOME_USERS, _SOME_USERS)),
    st.builds(Archive, st.sampled_from((False, False, False, True))),
)

COMMANDS: st.SearchStrategy[AnyCommand] = st.one_of(_SHAPING, _SHAPING, _SHAPING, _ADMINISTRATION)
"""One thing to ask for; nodes are only pointed at, by numbers as text. `meant` puts ids there."""


def meant(command: AnyCommand, nodes: Sequence[NodeId]) -> AnyCommand:
    """Return a command with each node that it points at replaced by one of these, or now and then by none of them."""
    changes: dict[str, object] = {}
    if "node" in command.__struct_fields__:
        changes["node"] = _ref(getattr(command, "node", None), nodes)
    place = getattr(command, "place", None)
    if place is not None:
        changes["place"] = Place(_ref(place.under, nodes), _ref(place.after, nodes))
    return replace(command, **changes)


def _ref(ref: NodeRef | None, nodes: Sequence[NodeId]) -> NodeRef | None:
    return (*nodes, GONE)[int(ref) % (len(nodes) + 1)] if isinstance(ref, str) else ref
