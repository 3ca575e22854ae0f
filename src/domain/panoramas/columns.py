"""A tree as bytes that decode fast and compress well: a column for each thing that is known of a node."""

import struct
from datetime import datetime
from typing import Literal

import msgspec

from domain.ids import PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns_nodes import NodeColumns, pack_nodes, unpack_nodes
from domain.panoramas.facts import Opened
from domain.panoramas.moments import to_microseconds
from domain.panoramas.tree import Tree
from domain.panoramas.tree_slots import ROOT


class _Header(msgspec.Struct, array_like=True, frozen=True):
    panorama: PanoramaId
    name: str
    owner: UserId
    access: Access
    archived: bool
    version: int
    created: datetime
    updated: datetime
    administered: int
    discarded: bool = False


class _Snapshot(msgspec.Struct, array_like=True, frozen=True):
    format: Literal[1]
    header: _Header
    nodes: NodeColumns


def encode_tree(tree: Tree) -> bytes:
    """Return a tree as bytes, removed nodes included."""
    header = _Header(
        *(tree.id, tree.name, tree.owner, tree.access, tree.archived),
        *(tree.version, tree.created, tree.updated, tree.administered, tree.discarded),
    )
    return msgspec.msgpack.encode(_Snapshot(1, header, pack_nodes(tree.slots)), order="deterministic")


def decode_tree(data: bytes) -> Tree:
    """Return the tree that was encoded. Raises BrokenStream for bytes that `encode_tree` cannot have returned."""
    try:
        snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        slots = unpack_nodes(snapshot.nodes)
    except (msgspec.MsgspecError, ValueError, OverflowError, IndexError, struct.error) as exc:
        raise BrokenStream("columns that cannot be read") from exc
    header = snapshot.header
    in_order = to_microseconds(header.created) <= to_microseconds(header.updated)
    if not in_order or not 1 <= header.administered <= header.version:
        raise BrokenStream("versions or times out of order")
    tree = Tree(Opened(header.panorama, slots.node[ROOT], header.name, header.owner), header.created, slots)
    tree.access, tree.archived, tree.version = header.access, header.archived, header.version
    tree.updated, tree.administered, tree.discarded = header.updated, header.administered, header.discarded
    return tree
