"""What was read from an import, before anything is decided: panoramas whose parts are well-formed and fit together."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from domain.ids import IssueId, NodeId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.facts import Kind, Origin


class SourceNode(msgspec.Struct, frozen=True, gc=False):
    """One node as the import has it."""

    position: int
    """The number of its document or entry, from 1."""

    node: NodeId
    parent: NodeId
    kind: Kind
    issue: IssueId | None = None
    title: str | None = None
    origin: Origin | None = None
    synchronised: bool = False
    children: tuple[NodeId, ...] = ()
    """The ids that the document lists as its children; empty in forms that tell the order in another way."""

    def where(self) -> str:
        """Say which node of the import this is."""
        return f"node {self.node} (number {self.position})"


Family: TypeAlias = Mapping[NodeId, Sequence[SourceNode]]
"""The children of each node that has any, in order."""


class SourcePanorama(msgspec.Struct, frozen=True):
    """One panorama as the import has it; its nodes depth-first, each behind its parent and its elder siblings."""

    name: str
    root: NodeId
    nodes: tuple[SourceNode, ...]
    access: Access = EVERYONE
    archived: bool = False
