"""What somebody asks for. `decide` turns commands into facts or refuses them; the public actions are these Structs.

A node is named by its id, or by a negative number that an earlier action of the same batch gave it. No constraint
is declared on a field here: msgspec drops constraints inside unions, so `decide` checks every one.
"""

from typing import TypeAlias

import msgspec

from domain.ids import IssueId
from domain.panoramas.access import Access
from domain.panoramas.facts import Kind

NodeRef: TypeAlias = str | int
"""A NodeId, or the negative number of a node made in the same batch."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Below `under` (None: the root), right behind `after` (None: first; a sibling that is gone: last)."""

    under: NodeRef | None = None
    after: NodeRef | None = None


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action"):
    """One thing that somebody asks for."""


class Add(Command, frozen=True, tag="add"):
    """Make a node; later actions of the batch call it `node` where that negative number is given."""

    kind: Kind
    place: Place
    issue: IssueId | None = None
    title: str | None = None
    node: int | None = None


class Move(Command, frozen=True, tag="move"):
    """Bring a node, with all below it, to another place."""

    node: NodeRef
    place: Place


class Remove(Command, frozen=True, tag="remove"):
    """Take a node, with all below it, out of the tree."""

    node: NodeRef


class Restore(Command, frozen=True, tag="restore"):
    """Bring a removed node back whole: to `place`, or to where it was if that is still there."""

    node: NodeRef
    place: Place | None = None


class Copy(Command, frozen=True, tag="copy"):
    """Make a copy of a node and of all below it; later actions call the copy's top `copy` (a negative number)."""

    node: NodeRef
    place: Place
    copy: int | None = None


class Retitle(Command, frozen=True, tag="retitle"):
    """Give a group or note another title."""

    node: NodeRef
    title: str


class Reconcile(Command, frozen=True, tag="reconcile"):
    """Make the issue children of an issue node exactly `issues`, as Jira says; groups, notes and order stay.

    Missing ones are added last, in the order given; those that Jira does not name are removed.
    """

    node: NodeRef
    issues: tuple[IssueId, ...]


class Rename(Command, frozen=True, tag="rename"):
    """Give the panorama another name."""

    name: str


class SetAccess(Command, frozen=True, tag="set-access"):
    """Say who may view and edit from now on."""

    access: Access


class Archive(Command, frozen=True, tag="archive"):
    """Put the panorama away, or (`archived` False) bring it back."""

    archived: bool = True


AnyCommand: TypeAlias = Add | Move | Remove | Restore | Copy | Retitle | Reconcile | Rename | SetAccess | Archive
