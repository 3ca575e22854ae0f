"""What may go from a store: what is kept no longer, and what nobody names.

Only what the site's own book knows may go: whoever can add to a store, and nothing else, cannot have anything deleted
by adding manifests that say so.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from application.backups.ground import Ground
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, numbered
from application.backups.reading import Damaged, copy_in, listed, manifest_in, positions_in
from application.backups.scans import Scans
from application.backups.stores import Store
from application.maintenance.jobs import Finding
from domain.backups.chains import Chained, arranged
from domain.backups.lag import everywhere
from domain.backups.manifests import Contents, Manifest, Position, VaultCopy
from domain.backups.retention import Retention, kept, kept_copies

ORPHANED: Final = timedelta(days=1)
"""How old an object is that nobody names before it is taken for one that nobody will name."""


class Doomed(msgspec.Struct, frozen=True):
    """An object that may go."""

    store: str
    name: str
    size: int = 0
    """In bytes; 0 where nobody has asked."""

    follows: str | None = None
    """The object that must be gone before."""

    begun: datetime | None = None
    """By when the copy of the vault was begun that it is part of; None for what is of no copy."""


class Plan(msgspec.Struct, frozen=True):
    """What may go from one store, in this order, and what is odd there."""

    store: Store
    doomed: tuple[Doomed, ...]
    manifests: frozenset[Position]
    """Those that are there."""

    copies: frozenset[Position]
    findings: tuple[Finding, ...]


class Planner:
    """Plans for each store; raises what the stores and the storage raise."""

    def __init__(self, ground: Ground, retention: Retention) -> None:
        self._ground = ground
        self._retention = retention

    async def plan_for(self, store: Store) -> Plan:
        """Return what may go from a store now."""
        # What is noted of a scan is read before the book: what it names is in one of the two at any time.
        packs = await self._packs()
        book = {each.position: each async for each in self.book()}
        present = frozenset([each async for each in positions_in(store, MANIFESTS)])
        # What was shipped meanwhile is in the book by now.
        book |= {each.position: each async for each in self.book(max(book, default=None))}
        gone = await self._gone(store, [book[each] for each in sorted(present) if each in book])
        unknown = [await manifest_in(store, each) for each in sorted(present - book.keys())]
        strangers = [each.manifest for each in unknown if isinstance(each, Chained)]
        doomed = [each for manifest in gone for each in _of_manifest(store, manifest)]
        findings = list(_strange(store, unknown))
        if len(strangers) == len(unknown):
            named_ones = {
                named(OBJECTS, piece)
                for manifest in (*(each.manifest for each in book.values()), *strangers)
                for piece in manifest.objects
            }
            doomed += await self._orphans(store, OBJECTS, named_ones | packs)
        doomed_copies, copies = await self._doomed_copies(store)
        return Plan(store, (*doomed, *doomed_copies), present, copies, tuple(findings))

    async def book(self, after: Position | None = None) -> AsyncIterator[Chained]:
        """Yield what the book knows beyond a position, without the contents."""
        async for entry in self._ground.book.after(after):
            yield Chained(replace(entry.manifest, contents=Contents()), entry.chained.sha256)

    async def _gone(self, store: Store, there: Sequence[Chained]) -> list[Manifest]:
        """Return the manifests of a store that are kept no longer, oldest first.

        Judged by what it has alone: a store that is behind may need for long what the others need no more.
        """
        state, now = await self._ground.states.of(store.name), self._ground.clock()
        chain = arranged(each for each in there if state.head is not None and each.position <= state.head)
        staying = kept(chain.manifests, self._retention, now)
        late = [each.manifest for each in chain.aside if now - each.manifest.created >= self._retention.dailies]
        return [manifest for manifest in chain.manifests if manifest.position not in staying] + late

    async def _doomed_copies(self, store: Store) -> tuple[list[Doomed], frozenset[Position]]:
        """Return what may go of the copies of the vault, and which copies are there."""
        newest = await self._ground.book.newest_copy()
        known = {each.position: each async for each in self._ground.book.copies()}
        present = frozenset([each async for each in positions_in(store, VAULT_COPIES)])
        states = {each.name: (await self._ground.states.of(each.name)).vault for each in self._ground.stores}
        there = [known[each] for each in sorted(present) if each in known]
        staying = kept_copies(there, everywhere(states), self._retention, self._ground.clock())
        strangers = [await copy_in(store, each) for each in sorted(present - known.keys())]
        doomed = [
            Doomed(store.name, numbered(VAULT_COPIES, each.position), begun=each.created)
            for each in there
            if each.position not in staying
        ]
        if any(isinstance(each, Damaged) for each in strangers):
            return doomed, present
        remaining = [each for each in there if each.position in staying]
        remaining += [each for each in strangers if isinstance(each, VaultCopy)]
        named_ones = {named(VAULT_OBJECTS, piece) for each in (*remaining, newest) if each for piece in each.pieces}
        last = {
            named(VAULT_OBJECTS, piece): numbered(VAULT_COPIES, each.position)
            for each in there
            for piece in each.pieces
        }
        orphans = await self._orphans(store, VAULT_OBJECTS, named_ones)
        return doomed + [replace(each, follows=last.get(each.name)) for each in orphans], present

    async def _orphans(self, store: Store, prefix: str, named_ones: set[str]) -> list[Doomed]:
        """Return the objects that nobody names, and that are too old for somebody to be about to."""
        before = self._ground.clock() - ORPHANED
        return [
            Doomed(store.name, info.name, info.size, begun=info.written if prefix == VAULT_OBJECTS else None)
            async for info in listed(store, prefix)
            if info.name not in named_ones and info.written < before
        ]

    async def _packs(self) -> set[str]:
        """Return the names of what a scan under way has put into the stores."""
        scans = Scans(self._ground.storage, self._ground.clock)
        scanning = await scans.current()
        packs = [] if scanning is None else await scans.packs(scanning)
        return {named(OBJECTS, piece) for pack in packs for piece in (pack.piece, pack.index)}


def _of_manifest(store: Store, manifest: Manifest) -> list[Doomed]:
    name = numbered(MANIFESTS, manifest.position)
    objects = [Doomed(store.name, named(OBJECTS, piece), piece.size, name) for piece in manifest.objects]
    return [Doomed(store.name, name), *objects]


def _strange(store: Store, unknown: Iterable[Chained | Damaged]) -> Iterator[Finding]:
    count = len(list(unknown))
    if count:
        yield Finding(
            code="unknown-manifests",
            what=f"{store.name} holds {count} manifests that the site's own book does not know. Nothing of them is "
            "deleted: look whether another site writes there too, or the storage has been set back",
        )
