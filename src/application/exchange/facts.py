"""What happens when a panorama is imported: all of it in one change, its first."""

from collections.abc import Iterator

from application.exchange.sources import SourceNode, SourcePanorama
from domain.ids import NodeId, PanoramaId, UserId
from domain.panoramas.access import EVERYONE
from domain.panoramas.facts import AccessChanged, Added, AnyFact, Archived, Opened, Synchronised


def founding_facts(source: SourcePanorama, panorama: PanoramaId, owner: UserId) -> tuple[AnyFact, ...]:
    """Return the facts that make the panorama, with the ids that its nodes have in the import."""
    return tuple(_facts(source, panorama, owner))


def _facts(source: SourcePanorama, panorama: PanoramaId, owner: UserId) -> Iterator[AnyFact]:
    yield Opened(panorama=panorama, root=source.root, name=source.name, owner=owner)
    youngest: dict[NodeId, NodeId] = {}
    for node in source.nodes:
        yield _added(node, youngest.get(node.parent))
        youngest[node.parent] = node.node
    for node in source.nodes:
        if node.synchronised:
            yield Synchronised(node=node.node, to=True)
    if source.access != EVERYONE:
        yield AccessChanged(from_access=EVERYONE, to_access=source.access)
    if source.archived:
        yield Archived(to=True)


def _added(node: SourceNode, after: NodeId | None) -> Added:
    return Added(
        node=node.node,
        kind=node.kind,
        parent=node.parent,
        after=after,
        issue=node.issue,
        title=node.title,
        origin=node.origin,
    )
