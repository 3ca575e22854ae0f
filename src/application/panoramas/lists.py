"""Which panoramas there are, and which hold an issue."""

from datetime import datetime
from typing import Final

import msgspec

from application.panoramas.entries import ListEntry, entry_of
from application.panoramas.repository import Panoramas
from domain.errors import PanoramaMissing
from domain.ids import IssueId, NodeId, PanoramaId, TenantId, UserId
from domain.panoramas.access import Access, may_edit, may_view
from ports.errors import ReadOnly

HITS: Final = 100
"""The most panoramas that one question about an issue is answered with."""

_PAGE: Final = 200


class Entry(msgspec.Struct, frozen=True):
    """One line of the list."""

    panorama: PanoramaId
    name: str
    owner: UserId
    access: Access
    archived: bool
    created: datetime | None
    editable: bool
    """Whether the one who asks may change it, archived or not."""


class IssueHit(msgspec.Struct, frozen=True):
    """A panorama that holds an issue, and the nodes that stand for it."""

    panorama: PanoramaId
    name: str
    nodes: tuple[NodeId, ...]


async def list_panoramas(
    tenant: TenantId, user: UserId, panoramas: Panoramas, *, after: str = "", limit: int = 100
) -> list[Entry]:
    """Return up to `limit` panoramas that the user may see, by id, beyond `after`; a short page is the last one."""
    shown: list[Entry] = []
    while True:
        page = await panoramas.entries.page(tenant, after, _PAGE)
        for held in page:
            after = held.ref.key
            entry = await _current(tenant, PanoramaId(after), held.value, panoramas)
            if entry.version and may_view(entry.access, entry.owner, user):
                shown.append(_line(PanoramaId(after), entry, user))
            if len(shown) == limit:
                return shown
        if len(page) < _PAGE:
            return shown


async def panoramas_of_issue(tenant: TenantId, user: UserId, issue: IssueId, panoramas: Panoramas) -> list[IssueHit]:
    """Return the panoramas that hold the issue now and that the user may see, at most HITS, by id."""
    hits: list[IssueHit] = []
    for panorama in await panoramas.places.lookup(tenant, issue):
        try:
            tree = (await panoramas.visible(tenant, panorama, user)).tree
        except PanoramaMissing:
            continue
        if nodes := tree.nodes_of_issue(issue):
            hits.append(IssueHit(panorama, tree.name, tuple(nodes)))
        if len(hits) == HITS:
            break
    return hits


async def _current(tenant: TenantId, panorama: PanoramaId, entry: ListEntry, panoramas: Panoramas) -> ListEntry:
    """Return the entry as the newest tree says, and repair it if this site may, where it is marked as maybe behind.

    Where there is no tree, because the panorama never came to be or is gone for good, there is nothing to show.
    """
    if not entry.marks:
        return entry
    try:
        loaded = await panoramas.newest(tenant, panorama)
    except PanoramaMissing:
        return ListEntry()
    try:
        return await panoramas.entries.settle(tenant, loaded.tree)
    except ReadOnly:
        return entry_of(loaded.tree)


def _line(panorama: PanoramaId, entry: ListEntry, user: UserId) -> Entry:
    return Entry(
        panorama=panorama,
        name=entry.name,
        owner=entry.owner,
        access=entry.access,
        archived=entry.archived,
        created=entry.created,
        editable=may_edit(entry.access, entry.owner, user),
    )
