"""What the API takes and answers, as JSON documents."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from domain.ids import ChangeId, IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import AnyCommand
from domain.panoramas.facts import AnyFact, Change, Kind
from domain.users import ACCOUNT_LIMIT
from entrypoints.http.headers import version_text

Account: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^[\x21-\x7e]{{1,{ACCOUNT_LIMIT}}}\Z")]
"""An account id of the caller's Jira site."""


class NewPanorama(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for an empty panorama."""

    name: str


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a change: all of the actions or none."""

    actions: tuple[AnyCommand, ...]


class WantedUsers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for the ids of users."""

    accounts: Annotated[tuple[Account, ...], msgspec.Meta(min_length=1, max_length=100)]


class NewCopy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for the past as a new panorama."""

    at: int | str
    """A version, `<epoch>.<version>` or the bare number, or a time with its offset (RFC 3339)."""

    name: str


Row: TypeAlias = tuple[NodeId, int, Kind, IssueId | str, int]
"""A node: its id, depth below the root, type, issue id or title, and flags."""


class OutlineDocument(msgspec.Struct, frozen=True):
    """A panorama at one version, its nodes depth-first."""

    id: PanoramaId
    version: str
    name: str
    root: NodeId
    archived: bool
    nodes: list[Row]


class ChangeDocument(msgspec.Struct, frozen=True):
    """What one accepted request did."""

    version: str
    id: ChangeId
    author: UserId
    """24 zeros for the service itself, which lets go what was removed long ago."""

    at: datetime
    facts: tuple[AnyFact, ...]
    made: dict[int, NodeId]
    """The ids of new nodes, by the negative number that the request gave them."""

    undoes: str | None
    """The version that this change takes back."""

    redoes: str | None
    """The version that this change does again, after it was taken back."""


class ChangesDocument(msgspec.Struct, frozen=True):
    """One page of a panorama's history."""

    changes: list[ChangeDocument]


class EventDocument(msgspec.Struct, frozen=True):
    """One event of a stream, as its fields say."""

    event: Literal["change", "end", "problem"]
    data: str
    """A change, a problem, or nothing, as JSON."""

    id: str = ""
    """The version of a change, to go on behind."""


class CreatedDocument(msgspec.Struct, frozen=True):
    """A panorama that has begun."""

    id: PanoramaId
    version: str


class ImportedDocument(msgspec.Struct, frozen=True):
    """The panoramas that an import has begun."""

    panoramas: list[CreatedDocument]
    notes: tuple[str, ...]
    """What was left out, by ids and positions only."""


class EntryDocument(msgspec.Struct, frozen=True):
    """A line of the list."""

    id: PanoramaId
    name: str
    owner: UserId
    access: Access
    archived: bool
    created: datetime | None
    editable: bool


class ListDocument(msgspec.Struct, frozen=True):
    """One page of the panoramas that the caller may see."""

    panoramas: list[EntryDocument]
    next: PanoramaId | None
    """What `after` has to be for the next page; null on the last one."""


class HitDocument(msgspec.Struct, frozen=True):
    """A panorama that holds an issue, and where."""

    id: PanoramaId
    name: str
    nodes: tuple[NodeId, ...]


class HitsDocument(msgspec.Struct, frozen=True):
    """The panoramas that hold an issue and that the caller may see."""

    panoramas: list[HitDocument]


class UserDocument(msgspec.Struct, frozen=True):
    """An account, and the id that stands for it everywhere else."""

    account: str | None
    """Null for a departed user, whose account has been closed, and for the service itself."""

    id: UserId


class UsersDocument(msgspec.Struct, frozen=True):
    """Users in the order in which they were asked for."""

    users: list[UserDocument]


class ProblemDocument(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457). Some kinds have further members, all of them numbers, ids and fixed phrases."""

    type: str
    title: str
    status: int


def change_document(change: Change, epoch: int) -> ChangeDocument:
    """Return what the outside may know of a change."""
    return ChangeDocument(
        version=version_text(epoch, change.version),
        id=change.id,
        author=change.author,
        at=change.at,
        facts=change.facts,
        made=change.made,
        undoes=None if change.undoes is None else version_text(epoch, change.undoes),
        redoes=None if change.redoes is None else version_text(epoch, change.redoes),
    )


def changes_document(changes: list[Change], epoch: int) -> ChangesDocument:
    """Return what the outside may know of several changes."""
    return ChangesDocument([change_document(change, epoch) for change in changes])
