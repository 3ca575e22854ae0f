"""Puts the nodes of one panorama in depth-first order, and finds what keeps them from being one tree."""

from collections.abc import Iterator, Sequence

from application.exchange.defects import Findings
from application.exchange.sources import Family, SourceNode
from domain.ids import NodeId
from domain.panoramas.limits import DEPTH, NODES


def depth_first(root: NodeId, nodes: Sequence[SourceNode], family: Family, findings: Findings) -> list[SourceNode]:
    """Return all nodes below the root, each behind its parent and its elder siblings.

    Every parent must be the root, one of the nodes, or noted as a defect already. Notes each circle, each subtree
    that lies too deep, and too many nodes.
    """
    if len(nodes) > NODES:
        findings.defects.add(f"node {root}", f"has {len(nodes)} nodes below it, and {NODES} are allowed")
    ordered: list[SourceNode] = []
    for node, depth in _walk(root, family):
        ordered.append(node)
        if depth == DEPTH + 1:
            findings.defects.add(node.where(), f"lies more than {DEPTH} levels below the root")
    if len(ordered) < len(nodes):
        for circle in _circles(nodes):
            findings.defects.add(circle[0].where(), f"is below itself, in a circle of {len(circle)}")
    return ordered


def _walk(root: NodeId, family: Family) -> Iterator[tuple[SourceNode, int]]:
    waiting = [iter(family.get(root, ()))]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        yield node, len(waiting)
        waiting.append(iter(family.get(node.node, ())))


def _circles(nodes: Sequence[SourceNode]) -> Iterator[list[SourceNode]]:
    """Yield each circle once, from its first node in the import on, upwards."""
    by_id = {node.node: node for node in nodes}
    seen: dict[NodeId, int] = {}
    for start in nodes:
        path: list[SourceNode] = []
        node: SourceNode | None = start
        while node is not None and node.node not in seen:
            seen[node.node] = start.position
            path.append(node)
            node = by_id.get(node.parent)
        if node is not None and path and seen[node.node] == start.position:
            yield _from_first(path[path.index(node) :])


def _from_first(circle: list[SourceNode]) -> list[SourceNode]:
    first = min(range(len(circle)), key=lambda place: circle[place].position)
    return circle[first:] + circle[:first]
