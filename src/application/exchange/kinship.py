"""Whether the documents of the reference system agree about who is whose parent, and in which order children stand."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence

from application.exchange.defects import Findings
from application.exchange.sources import Family, SourceNode
from domain.ids import NodeId


def root_of(nodes: Sequence[SourceNode], known: Container[NodeId]) -> NodeId | None:
    """Return the root, which has an id and no document: the parent most often named that has no document.

    `known` are the ids of all documents. None if every parent has a document, so that no node is at the top.
    """
    absent = Counter(node.parent for node in nodes if node.parent not in known)
    return absent.most_common(1)[0][0] if absent else None


class Kinship:
    """The nodes of one panorama, whose documents name both their parent and their children."""

    def __init__(
        self, root: NodeId, nodes: Sequence[SourceNode], known: Mapping[NodeId, bool], findings: Findings
    ) -> None:
        """`known` are the ids of all documents of the import, and whether the document is sound enough to be judged."""
        self._root = root
        self._nodes = nodes
        self._by_id = {node.node: node for node in nodes}
        self._known = known
        self._findings = findings

    def family(self) -> Family:
        """Return each node's children in order; notes each contradiction and each child that is not in the import.

        The nodes at the top, which no document lists, stand in the order of their documents.
        """
        family: dict[NodeId, list[SourceNode]] = {self._root: []}
        for node in self._nodes:
            self._check_parent(node)
            if node.parent == self._root:
                family[self._root].append(node)
            if node.children:
                family[node.node] = self._children(node)
        self._check_listed(family)
        return family

    def _check_parent(self, node: SourceNode) -> None:
        if node.parent == self._root or node.parent in self._by_id:
            return
        if node.parent not in self._known:
            self._defect(node, f"its parent {node.parent} is neither in the import nor the root of its panorama")
        elif self._known[node.parent]:
            self._defect(node, f"its parent {node.parent} belongs to another panorama")

    def _children(self, parent: SourceNode) -> list[SourceNode]:
        listed: dict[NodeId, SourceNode | None] = {}
        for identity in parent.children:
            if identity in listed:
                self._defect(parent, f"lists the child {identity} twice")
            else:
                listed[identity] = self._child(parent, identity)
        return [child for child in listed.values() if child is not None]

    def _child(self, parent: SourceNode, identity: NodeId) -> SourceNode | None:
        child = self._by_id.get(identity)
        if child is not None and child.parent == parent.node:
            return child
        if identity in self._known or identity == self._root:
            if self._known.get(identity, True):
                self._defect(parent, f"lists the child {identity}, which does not name it as its parent")
        else:
            what = f"lists the child {identity}, which is not in the import and was left out"
            self._findings.notes.add(parent.where(), what)
        return None

    def _check_listed(self, family: Family) -> None:
        listed = {child.node for children in family.values() for child in children}
        for node in self._nodes:
            if node.node not in listed and node.parent in self._by_id:
                self._defect(node, f"its parent {node.parent} does not list it as a child")

    def _defect(self, node: SourceNode, what: str) -> None:
        self._findings.defects.add(node.where(), what)
