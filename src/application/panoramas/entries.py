"""List entries: what a list of panoramas shows of each, kept beside the streams and repaired from them.

An entry follows the stream: it is marked before a commit that concerns it and settled after. A list that finds a mark
asks the tree instead, so that a crash between the two never shows a stale name or a stale permission.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from application.sealing.records import Held, Records, Write
from domain.errors import TooContended
from domain.ids import ChangeId, PanoramaId, TenantId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.tree import Tree
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import Ref

ENTRY: Final = "panorama"

ABANDONED_AFTER: Final = timedelta(hours=1)
"""A mark that old belongs to nobody any more: no request takes that long."""

_TRIES: Final = 10


class Mark(msgspec.Struct, frozen=True):
    """Says that a change that concerns the entry may be under way, or may have been committed."""

    change: ChangeId
    at: datetime


class ListEntry(msgspec.Struct, frozen=True):
    """What a list shows, as of `version`, the last change that concerned it; 0 where none was ever settled."""

    version: int = 0
    name: str = ""
    owner: UserId = UserId("")
    access: Access = EVERYONE
    archived: bool = False
    created: datetime | None = None
    marks: tuple[Mark, ...] = ()


def entry_of(tree: Tree) -> ListEntry:
    """Return what a list shows of a tree, without marks."""
    return ListEntry(
        version=tree.administered,
        name=tree.name,
        owner=tree.owner,
        access=tree.access,
        archived=tree.archived,
        created=tree.created,
    )


class Entries:
    """Marks, settles and pages through list entries."""

    def __init__(self, records: Records, clock: Clock, look_after: timedelta) -> None:
        """Have each panorama looked at so long after it began; an entry is due when its panorama is to be looked at."""
        self._records = records
        self._clock = clock
        self._look_after = look_after

    async def mark(self, tenant: TenantId, panorama: PanoramaId, change: ChangeId) -> None:
        """Note, before the commit, that the entry may be about to fall behind."""
        mark = Mark(change, self._clock())

        def marked(entry: ListEntry) -> ListEntry:
            others = tuple(each for each in entry.marks if each.change != change)
            return replace(entry, marks=(*others, mark))

        await self._update(tenant, panorama, marked)

    async def settle(self, tenant: TenantId, tree: Tree, change: ChangeId | None = None) -> ListEntry:
        """Bring the entry up to the newest tree; drop this change's mark and all abandoned ones."""
        shown = entry_of(tree)

        def settled(entry: ListEntry) -> ListEntry:
            marks = tuple(mark for mark in entry.marks if mark.change != change and not self._abandoned(mark))
            return replace(shown if shown.version > entry.version else entry, marks=marks)

        return await self._update(tenant, tree.id, settled)

    async def page(self, tenant: TenantId, after: str, limit: int) -> list[Held[ListEntry]]:
        """Return entries in the order of panorama ids, marked and never settled ones included."""
        return await self._records.scan(tenant, ENTRY, ListEntry, after=after or None, limit=limit)

    async def look_again(self, held: Held[ListEntry], at: datetime | None) -> None:
        """Have the panorama looked at next at that moment, or never; where the entry changes meanwhile, as it was."""
        with suppress(Conflict):
            await self._records.put(Write(ref=held.ref, rev=held.rev + 1, value=held.value, due=at))

    async def delete(self, tenant: TenantId, panorama: PanoramaId) -> None:
        """Take the entry of a panorama away that is discarded, so that its key never comes back."""
        record = await self._records.storage.get(Ref(tenant, ENTRY, panorama))
        if record is not None:
            await self._records.discard(record.ref, record.rev)

    def is_awaited(self, entry: ListEntry) -> bool:
        """Whether a change that concerns the entry may still be under way."""
        return not all(self._abandoned(mark) for mark in entry.marks)

    def _abandoned(self, mark: Mark) -> bool:
        return self._clock() - mark.at >= ABANDONED_AFTER

    async def _update(
        self, tenant: TenantId, panorama: PanoramaId, change: Callable[[ListEntry], ListEntry]
    ) -> ListEntry:
        """Change the entry by compare-and-swap; a change that changes nothing writes nothing."""
        ref = Ref(tenant, ENTRY, panorama)
        for _ in range(_TRIES):
            held = await self._records.get(ref, ListEntry)
            before = ListEntry() if held is None else held.value
            after = change(before)
            if after == before:
                return after
            due = self._clock() + self._look_after if held is None or held.due is None else held.due
            try:
                await self._records.put(Write(ref=ref, rev=1 if held is None else held.rev + 1, value=after, due=due))
            except Conflict:
                continue
            return after
        raise TooContended
