"""Panoramas of every shape for the laws of export and import, and how two of them are compared."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from hypothesis import strategies as st

from application.exchange.facts import founding_facts
from application.exchange.sources import SourcePanorama
from domain.ids import ChangeId, IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.apply import begin
from domain.panoramas.facts import AccessChanged, Added, AnyFact, Archived, Change, Kind, Opened, Origin, Synchronised
from domain.panoramas.tree import Node, Tree

OWNER: Final = UserId("111111111111111111111111")
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)

TEXTS: Final = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
IDS: Final = st.integers(0, 2**96 - 1).map("{:024x}".format)
USERS: Final = st.sampled_from([UserId(f"{number:024x}") for number in range(4)])
MOMENTS: Final = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  # Hypothesis adds the zone
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
ORIGINS: Final = st.builds(Origin, creator=USERS, created=MOMENTS, updated=MOMENTS)
ACCESS: Final = st.builds(Access, viewers=st.none() | st.frozensets(USERS), editors=st.none() | st.frozensets(USERS))


@st.composite
def trees(draw: st.DrawFn, least: int = 0) -> Tree:
    """Draw a panorama: any shape, kinds, times, access."""
    root, *nodes = draw(st.lists(IDS, min_size=1 + least, max_size=12, unique=True))
    facts: list[AnyFact] = [Opened(PanoramaId("c" * 24), NodeId(root), draw(TEXTS), OWNER)]
    children: dict[str, list[NodeId]] = {root: []}
    for node in map(NodeId, nodes):
        parent = NodeId(draw(st.sampled_from(list(children))))
        place = draw(st.integers(0, len(children[parent])))
        after = children[parent][place - 1] if place else None
        kind = draw(st.sampled_from(Kind))
        issue = IssueId(draw(st.integers(1, 2**63 - 1))) if kind is Kind.ISSUE else None
        title = draw(TEXTS) if issue is None else None
        facts.append(Added(node, kind, parent, after, issue, title, draw(st.none() | ORIGINS)))
        if issue is not None and draw(st.booleans()):
            facts.append(Synchronised(node, to=True))
        children[parent].insert(place, node)
        children[node] = []
    access = draw(st.just(EVERYONE) | ACCESS)
    if access != EVERYONE:
        facts.append(AccessChanged(EVERYONE, access))
    if draw(st.booleans()):
        facts.append(Archived(to=True))
    return tree_of(tuple(facts))


def tree_of(facts: tuple[AnyFact, ...]) -> Tree:
    """Return what the facts make."""
    return begin(Change(1, ChangeId("d" * 32), OWNER, AT, facts))


def imported(source: SourcePanorama) -> Tree:
    """Return the tree that an import makes."""
    return tree_of(founding_facts(source, PanoramaId("c" * 24), OWNER))


def nodes(tree: Tree, *, synchronised: bool = True) -> list[Node]:
    """Return all nodes in order, with what the reference system has no place for left out if so told."""
    if synchronised:
        return list(tree.walk())
    return [msgspec.structs.replace(node, synchronised=False) for node in tree.walk()]
