"""Writes the service's own form of a panorama, which `panorama_json` reads and describes."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from application.exchange.panorama_json import FORMAT
from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.tree import Node, Tree


class _Access(msgspec.Struct):
    viewers: list[UserId] | None
    editors: list[UserId] | None


class _Node(msgspec.Struct, omit_defaults=True):
    id: NodeId
    parent: NodeId
    kind: str
    creator: UserId
    created: datetime
    updated: datetime
    issue: IssueId | None = None
    title: str | None = None
    synchronised: bool = False


class _Panorama(msgspec.Struct):
    format: str
    id: PanoramaId
    name: str
    root: NodeId
    archived: bool
    access: _Access
    nodes: list[_Node]


def export_json(tree: Tree) -> bytes:
    """Return the panorama as it is now, so that an import makes an equal one."""
    panorama = _Panorama(
        format=FORMAT,
        id=tree.id,
        name=tree.name,
        root=tree.root,
        archived=tree.archived,
        access=_access(tree.access),
        nodes=[_node(node) for node in tree.walk()],
    )
    return msgspec.json.encode(panorama)


def _access(access: Access) -> _Access:
    return _Access(viewers=_users(access.viewers), editors=_users(access.editors))


def _users(users: Iterable[UserId] | None) -> list[UserId] | None:
    return None if users is None else sorted(users)


def _node(node: Node) -> _Node:
    return _Node(
        id=node.id,
        parent=node.parent,
        kind=node.kind.value,
        issue=node.issue,
        title=node.title,
        synchronised=node.synchronised,
        creator=node.creator,
        created=node.created,
        updated=node.updated,
    )
