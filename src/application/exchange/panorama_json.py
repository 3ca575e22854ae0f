"""The service's own form of a panorama, which keeps all of it but its history and what was removed.

One JSON object: `format`, `id`, `name`, `root`, `archived`, `access`, and `nodes`, depth-first. Each node is an
object with `id`, `parent`, `kind`, `issue` (with `synchronised` where it is true) or `title`, and `creator`, `created`,
`updated`: all three or none. Siblings stand in the order of `nodes`.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from application.exchange.defects import Findings
from application.exchange.fields import Fields
from application.exchange.order import depth_first
from application.exchange.sources import Family, SourceNode, SourcePanorama
from domain.ids import NodeId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.facts import Kind, Origin
from domain.panoramas.limits import NODES

FORMAT: Final = "panorama/1"
"""The value of `format` in every file of this form."""

_MEMBERS: Final = frozenset({"format", "id", "name", "root", "archived", "access"})
_ORIGIN: Final = frozenset({"creator", "created", "updated"})
_TITLED: Final = frozenset({"id", "parent", "kind", "title"}) | _ORIGIN
_ISSUE: Final = frozenset({"id", "parent", "kind", "issue", "synchronised"}) | _ORIGIN
_ENTRY: Final = {Kind.ISSUE: _ISSUE, Kind.GROUP: _TITLED, Kind.NOTE: _TITLED, None: _ISSUE | _TITLED}
_ACCESS: Final = frozenset({"viewers", "editors"})
_WHOLE: Final = "the panorama"
_OPENING: Final = re.compile(rb'\s*+\{\s*+"format"\s*+:')
_GAP: Final = re.compile(r"[ \t\r\n,]*+")
_DECODER: Final = json.JSONDecoder()
_BYTE: Final = re.compile(r"\(byte ([0-9]+)\)")


class _Head(msgspec.Struct):
    format: object = None


def is_panorama_json(content: bytes) -> bool:
    """Whether this is JSON that says which form it has, as no document of the reference system does.

    A file that cannot be read to its end is told by how it begins.
    """
    try:
        return msgspec.json.decode(content, type=_Head).format is not None
    except (ValueError, RecursionError):
        return _OPENING.match(content) is not None


def read_panorama(content: bytes, findings: Findings) -> SourcePanorama | None:
    """Return the panorama in the file, and note every defect; None if there can be no panorama in it."""
    try:
        members = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError) as error:
        place = _BYTE.search(str(error))
        findings.defects.add(f"byte {place[1]}" if place else _WHOLE, "this is no JSON, or a text in it is no Unicode")
        return None
    entries = bytes(members.pop("nodes", b"[]"))
    try:
        decoded = {name: msgspec.json.decode(value) for name, value in members.items()}
    except (ValueError, RecursionError):
        findings.defects.add(_WHOLE, "cannot be read")
        return None
    fields = Fields(decoded, _WHOLE, findings)
    fields.exactly("format", FORMAT, FORMAT)
    fields.only(_MEMBERS)
    name, root, archived = fields.name("name"), fields.identity("root"), fields.flag("archived")
    access = _access(fields.value("access"), findings)
    nodes = _Entries(root, findings).read(entries)
    if name is None or root is None or archived is None or access is None:
        return None
    return SourcePanorama(name=name, root=root, nodes=nodes, access=access, archived=archived)


class _Entries:
    """The entries of `nodes`: each by itself, then together."""

    def __init__(self, root: NodeId | None, findings: Findings) -> None:
        self._root = root
        self._findings = findings
        self._known: set[NodeId] = set() if root is None else {root}
        self._nodes: list[SourceNode] = []

    def read(self, entries: bytes) -> tuple[SourceNode, ...]:
        """Return the nodes in depth-first order."""
        try:
            for position, entry in enumerate(_each(entries), start=1):
                if position > NODES:
                    self._findings.defects.add(_WHOLE, f"has more than {NODES} nodes")
                    return ()
                self._add(entry, position)
        except (ValueError, RecursionError):
            self._findings.defects.add(_WHOLE, "has nodes that cannot be read or are no list")
            return ()
        if self._root is None:
            return ()
        return tuple(depth_first(self._root, self._nodes, self._family(), self._findings))

    def _add(self, entry: object, position: int) -> None:
        fields = Fields(entry if isinstance(entry, dict) else {}, f"number {position}", self._findings)
        node = fields.identity("id")
        if node is None:
            return
        fields.where = f"node {node} (number {position})"
        if node in self._known:
            fields.defect("has the id of the root or of an earlier node")
            return
        self._known.add(node)
        source = _source_node(fields, node, position)
        if source is not None:
            self._nodes.append(source)

    def _family(self) -> Family:
        family: dict[NodeId, list[SourceNode]] = {}
        for node in self._nodes:
            if node.parent not in self._known:
                self._findings.defects.add(node.where(), f"its parent {node.parent} is not in the panorama")
            family.setdefault(node.parent, []).append(node)
        return family


def _source_node(fields: Fields, node: NodeId, position: int) -> SourceNode | None:
    kind = fields.kind("kind")
    issue, title = fields.subject(kind, "issue", "title")
    fields.only(_ENTRY[kind])
    synchronised, parent = fields.flag("synchronised"), fields.identity("parent")
    origin = _origin(fields) if any(fields.has(name) for name in _ORIGIN) else None
    if kind is None or parent is None or synchronised is None:
        return None
    return SourceNode(
        position=position,
        node=node,
        parent=parent,
        kind=kind,
        issue=issue,
        title=title,
        origin=origin,
        synchronised=synchronised,
    )


def _origin(fields: Fields) -> Origin | None:
    creator, created, updated = fields.identity("creator"), fields.moment("created"), fields.moment("updated")
    if creator is None or created is None or updated is None:
        return None
    return Origin(creator=UserId(creator), created=created, updated=updated)


def _access(value: object, findings: Findings) -> Access | None:
    if value is None:
        return EVERYONE
    fields = Fields(value if isinstance(value, dict) else {"": value}, "access", findings)
    fields.only(_ACCESS)
    viewers = fields.identities("viewers") if fields.has("viewers") else ()
    editors = fields.identities("editors") if fields.has("editors") else ()
    if viewers is None or editors is None:
        return None
    return Access(
        viewers=frozenset(map(UserId, viewers)) if fields.has("viewers") else None,
        editors=frozenset(map(UserId, editors)) if fields.has("editors") else None,
    )


def _each(entries: bytes) -> Iterator[object]:
    """Yield the values of a JSON list one by one, so that a long list of nothing takes no memory."""
    text = entries.decode()
    if not text.startswith("["):
        raise ValueError
    place = _behind_gap(text, 1)
    while not text.startswith("]", place):
        value, place = _DECODER.raw_decode(text, place)
        yield value
        place = _behind_gap(text, place)


def _behind_gap(text: str, place: int) -> int:
    gap = _GAP.match(text, place)
    return gap.end() if gap else place
