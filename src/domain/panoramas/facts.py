"""What happened to a panorama, in the past tense, with all that is needed to undo it.

A place is told as `parent` and `after`: the sibling before it, or None for the first place. The same Structs are
the stored form of a change and part of the public interface.
"""

from datetime import datetime
from enum import Enum
from typing import TypeAlias

import msgspec

from domain.ids import ChangeId, IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import Access


class Kind(Enum):
    """What a node stands for."""

    ISSUE = "ISSUE"
    GROUP = "GROUP"
    NOTE = "NOTE"


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who made an imported or copied node, and when, where that is not the change's own author and time."""

    creator: UserId
    created: datetime
    updated: datetime


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="fact"):
    """One thing that happened."""


class Opened(Fact, frozen=True, tag="opened"):
    """The panorama came to be; always the first fact of version 1, and nowhere else."""

    panorama: PanoramaId
    root: NodeId
    name: str
    owner: UserId


class Added(Fact, frozen=True, tag="added"):
    """A node came to be. An ISSUE has `issue` and no title, others a `title` and no issue."""

    node: NodeId
    kind: Kind
    parent: NodeId
    after: NodeId | None = None
    issue: IssueId | None = None
    title: str | None = None
    origin: Origin | None = None


class Withdrawn(Fact, frozen=True, tag="withdrawn"):
    """The inverse of Added: a node without children, active or removed, is forgotten as if it had never been.

    `origin` says who had made it, and when, so that it can come back the same.
    """

    node: NodeId
    kind: Kind
    parent: NodeId
    after: NodeId | None = None
    issue: IssueId | None = None
    title: str | None = None
    origin: Origin | None = None


class Moved(Fact, frozen=True, tag="moved"):
    """A node, with all below it, went to another place."""

    node: NodeId
    from_parent: NodeId
    to_parent: NodeId
    from_after: NodeId | None = None
    to_after: NodeId | None = None


class Removed(Fact, frozen=True, tag="removed"):
    """A node, with all below it, left the tree; it can be restored whole."""

    node: NodeId
    parent: NodeId
    after: NodeId | None = None


class Restored(Fact, frozen=True, tag="restored"):
    """A removed node came back, with all that was below it when it was removed, under the parent it had."""

    node: NodeId
    parent: NodeId
    after: NodeId | None = None


class Retitled(Fact, frozen=True, tag="retitled"):
    """A group or note got another title."""

    node: NodeId
    from_title: str
    to_title: str


class Synchronised(Fact, frozen=True, tag="synchronised"):
    """An issue node's children follow what Jira says, from now on or (`to` False) no longer."""

    node: NodeId
    to: bool


class Renamed(Fact, frozen=True, tag="renamed"):
    """The panorama got another name."""

    from_name: str
    to_name: str


class AccessChanged(Fact, frozen=True, tag="access-changed"):
    """Others may now view or edit."""

    from_access: Access
    to_access: Access


class Archived(Fact, frozen=True, tag="archived"):
    """The panorama was put away, or (`to` False) brought back."""

    to: bool


class Forgotten(Fact, frozen=True, tag="forgotten"):
    """A node that was removed long ago is gone for good, with all below it. Nothing undoes this."""

    node: NodeId
    below: tuple[NodeId, ...] = ()
    """Every node below it, those that were removed before it too, each before those below it."""


class Discarded(Fact, frozen=True, tag="discarded"):
    """The panorama was archived long ago and is gone for good: always the last fact of all. Nothing undoes this."""


AnyFact: TypeAlias = (
    Opened
    | Added
    | Withdrawn
    | Moved
    | Removed
    | Restored
    | Retitled
    | Synchronised
    | Renamed
    | AccessChanged
    | Archived
    | Forgotten
    | Discarded
)


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts of one accepted request: what one version of a panorama adds to the one before."""

    version: int
    id: ChangeId
    author: UserId
    at: datetime
    """Never before the time of the version before."""

    facts: tuple[AnyFact, ...]
    made: dict[int, NodeId] = {}
    """The ids that the nodes made by this request got, by the negative number that the request gave them."""

    undoes: int | None = None
    """The version that this change takes back."""

    redoes: int | None = None
    """The version that this change does again, after it was taken back."""

    fingerprint: str = ""
    """Tells whether a repeated idempotency key came with the same request; empty where there was no key."""
