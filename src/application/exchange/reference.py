"""Reads the documents of the reference system: tenants, of which nothing is kept, and nodes.

A panorama has no document there. It is known by the `panoramaId` of its nodes, and its root by being the parent of
those at the top; so it has no name either, and gets one that says where it comes from.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from application.exchange.defects import Findings
from application.exchange.extended_json import documents
from application.exchange.extended_types import ObjectId, Reference
from application.exchange.fields import Fields
from application.exchange.kinship import Kinship, root_of
from application.exchange.order import depth_first
from application.exchange.sources import SourceNode, SourcePanorama
from application.exchange.tokens import Unreadable
from domain.ids import NodeId, UserId
from domain.panoramas.facts import Kind, Origin

DOCUMENTS: Final = 250_000
"""How many documents one import may have."""

USERS: Final = "jiraUser"
"""The collection that a node's creator is in."""

_COMMON: Final = frozenset(
    {
        "_id",
        "panoramaId",
        "parentId",
        "created",
        "updated",
        "type",
        "tenantId",
        "state",
        "childrenOrder",
        "creator",
    }
)
"""The members of every node's document. An ISSUE also has `issueId`; a GROUP or NOTE, which are ours, a `title`."""


def read_reference(content: bytes, alias: str, findings: Findings) -> tuple[SourcePanorama, ...]:
    """Return the panoramas in the documents, all of which must belong to the tenant `alias`."""
    reading = _Reading(alias, findings)
    try:
        for position, document in enumerate(documents(content), start=1):
            if position > DOCUMENTS:
                findings.defects.add("the import", f"has more than {DOCUMENTS} documents")
                return ()
            reading.add(document, position)
    except Unreadable as error:
        findings.defects.add(error.where, error.what)
        return ()
    return tuple(reading.panoramas())


class _Reading:
    """The documents read so far."""

    def __init__(self, alias: str, findings: Findings) -> None:
        self._alias = alias
        self._findings = findings
        self._known: dict[NodeId, bool] = {}
        self._tenants = 0
        self._nodes: dict[str, list[SourceNode]] = {}

    def add(self, document: object, position: int) -> None:
        """Take one more document, and note what is wrong with it by itself."""
        if not isinstance(document, dict):
            self._findings.defects.add(f"number {position}", "is no document")
        elif isinstance(document.get("_id"), str):
            self._add_tenant(Fields(document, f"number {position}", self._findings))
        else:
            self._add_node(document, position)

    def panoramas(self) -> Iterator[SourcePanorama]:
        """Yield each panorama, in the order of their first documents, and note what does not fit together."""
        roots: set[NodeId] = set()
        for panorama, nodes in self._nodes.items():
            root = root_of(nodes, self._known) or NodeId(panorama)
            if root in roots:
                self._findings.defects.add(f"panorama {panorama}", f"has the root {root} of an earlier one")
            roots.add(root)
            family = Kinship(root, nodes, self._known, self._findings).family()
            ordered = depth_first(root, nodes, family, self._findings)
            yield SourcePanorama(name=f"Panorama {panorama}", root=root, nodes=tuple(ordered))

    def _add_tenant(self, fields: Fields) -> None:
        self._tenants += 1
        if self._tenants > 1:
            fields.defect("is a second tenant")
        fields.exactly("_id", self._alias, "the tenant that imports")

    def _add_node(self, document: Mapping[str, object], position: int) -> None:
        fields = Fields(document, f"number {position}", self._findings)
        identity = document.get("_id")
        if not isinstance(identity, ObjectId):
            fields.defect("_id is neither an ObjectId nor a tenant's")
            return
        node = NodeId(identity.hex)
        fields.where = f"node {node} (number {position})"
        if node in self._known:
            fields.defect("has the _id of an earlier document")
            return
        source, panorama = self._source_node(fields, node, position), fields.identity("panoramaId")
        self._known[node] = source is not None and panorama is not None
        if source is not None and panorama is not None:
            self._nodes.setdefault(panorama, []).append(source)

    def _source_node(self, fields: Fields, node: NodeId, position: int) -> SourceNode | None:
        fields.exactly("tenantId", self._alias, "the tenant that imports")
        fields.exactly("state", "ACTIVE", "ACTIVE")
        children = fields.identities("childrenOrder") if fields.has("childrenOrder") else ()
        origin = _origin(fields)
        kind, parent = fields.kind("type"), fields.identity("parentId")
        issue, title = fields.subject(kind, "issueId", "title")
        known = _COMMON | {"issueId" if kind is Kind.ISSUE else "title"}
        creator = fields.value("creator")
        if fields.unknown(known) or (isinstance(creator, Reference) and creator.has_more):
            self._findings.notes.add(fields.where, "has members that have no meaning here and were left out")
        if kind is None or parent is None or children is None:
            return None
        return SourceNode(
            position=position,
            node=node,
            parent=parent,
            kind=kind,
            issue=issue,
            title=title,
            origin=origin,
            children=children,
        )


def _origin(fields: Fields) -> Origin | None:
    created, updated, creator = fields.moment("created"), fields.moment("updated"), _creator(fields)
    if created is None or updated is None or creator is None:
        return None
    return Origin(creator=creator, created=created, updated=updated)


def _creator(fields: Fields) -> UserId | None:
    value = fields.value("creator")
    if isinstance(value, Reference) and value.collection == USERS and isinstance(value.id, ObjectId):
        return UserId(value.id.hex)
    fields.defect(f"creator is no DBRef to {USERS} by an ObjectId")
    return None
