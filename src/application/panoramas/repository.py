"""The repository of panoramas: the newest trees, and the commit of changes to them."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final

from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.panoramas.cache import Address, Cache, Loaded
from application.panoramas.entries import Entries
from application.panoramas.loading import Loader
from application.panoramas.parts import PART_SIZE, Parts
from application.panoramas.places import Places
from application.panoramas.settings import Settings
from application.panoramas.snapshots import Snapshots
from application.panoramas.stream import Stream, StreamInterrupted
from application.sealing.records import Records
from domain.epochs import FIRST
from domain.errors import PanoramaMissing, TooContended
from domain.ids import IssueId, PanoramaId, TenantId, UserId
from domain.panoramas.access import may_view
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import AccessChanged, Added, Archived, Change, Opened, Renamed
from domain.panoramas.tree import Tree
from ports.errors import PortError
from ports.sources import Clock

_TAIL: Final = 64
"""Changes asked for at once by the small question that every read puts to the store."""


class Panoramas:
    """Gives the newest tree of a panorama and commits changes to it; used from one event loop."""

    def __init__(
        self,
        records: Records,
        index: BlindIndex,
        clock: Clock,
        ids: Ids,
        settings: Settings | None = None,
        epoch: Callable[[], int] = lambda: FIRST,
        *,
        part_size: int = PART_SIZE,
    ) -> None:
        """Tell versions in the epoch that `epoch` returns at that moment; cut large contents into `part_size` bytes."""
        self.clock = clock
        self.ids = ids
        self._settings = settings or Settings()
        self._epoch = epoch
        parts = Parts(records, clock, ids, size=part_size)
        self.stream = Stream(records, parts)
        self.snapshots = Snapshots(records, parts)
        self.entries = Entries(records, clock, min(self._settings.removed, self._settings.history))
        self.index = index
        self.places = Places(records, index, clock)
        self.loader = Loader(self.stream, self.snapshots)
        self._cache = Cache(self._settings.cached_nodes)
        self._loads: dict[Address, asyncio.Task[Loaded]] = {}
        self._shooting: dict[Address, asyncio.Task[None]] = {}

    @property
    def epoch(self) -> int:
        """What versions told outside begin with: the number of the epoch in which this site writes."""
        return self._epoch()

    def now(self, tree: Tree | None = None) -> datetime:
        """Return the time for a change to this tree: now in milliseconds, but never before the change before."""
        now = self.clock()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return now if tree is None else max(now, tree.updated)

    async def newest(self, tenant: TenantId, panorama: PanoramaId) -> Loaded:
        """Return the newest tree. The store is asked each time for what came after the version that is held.

        A discarded panorama is missing, however much of it is still there.
        The tree is changed in place later on: use it before the next `await`, or a frozen copy.
        Raises PanoramaMissing, and Corrupt where a fresh tree cannot be built either.
        """
        address = Address(tenant, panorama)
        while True:
            loaded = self._cache.get(address) or await self._load(address)
            try:
                await self._catch_up(address, loaded)
            except (StreamInterrupted, BrokenStream):
                self._cache.drop(address, loaded)
            else:
                if loaded.tree.discarded:
                    self._cache.drop(address, loaded)
                    raise PanoramaMissing(panorama)
                return loaded

    async def visible(self, tenant: TenantId, panorama: PanoramaId, user: UserId) -> Loaded:
        """Return the newest tree if this user may know of it; raises PanoramaMissing otherwise."""
        loaded = await self.newest(tenant, panorama)
        require_visible(loaded, user)
        return loaded

    def held(self, tenant: TenantId, panorama: PanoramaId) -> Loaded | None:
        """Return the tree that is in memory, which may be behind, or None."""
        return self._cache.get(Address(tenant, panorama))

    def release(self, tenant: TenantId, panorama: PanoramaId) -> None:
        """Let go of the tree that is in memory, so that others that are in use can stay."""
        address = Address(tenant, panorama)
        if (loaded := self._cache.get(address)) is not None:
            self._cache.drop(address, loaded)

    def editing(self, tenant: TenantId, panorama: PanoramaId) -> asyncio.Lock:
        """Return the lock that keeps the edits of one panorama in this process from racing each other."""
        return self._cache.lock(Address(tenant, panorama))

    async def commit(self, tenant: TenantId, loaded: Loaded, change: Change) -> Change | None:
        """Commit the next change of a tree; None if somebody else took that version.

        Returns what is stored, which for a repeated request may be its first try. Index entries and the mark on the
        list entry come before the commit, so that a crash at any point shows nothing half-done.
        """
        tree = loaded.tree
        await self._prepare(tenant, tree.id, change, (i for i in _issues(change) if not tree.knows_issue(i)))
        committed = await self.stream.append(tenant, tree.id, change)
        if committed is None:
            return None
        address = Address(tenant, tree.id)
        try:
            loaded.advance(committed)
        except BrokenStream:
            self._cache.drop(address, loaded)
        else:
            await self._settle(address, loaded, committed)
        return committed

    async def commit_first(self, tenant: TenantId, tree: Tree, change: Change) -> Change | None:
        """Commit version 1, which `tree` is already the result of; None if that panorama is there."""
        await self.index.begin(tenant)
        await self._prepare(tenant, tree.id, change, _issues(change))
        committed = await self.stream.append(tenant, tree.id, change)
        if committed is change:
            loaded = Loaded(tree)
            loaded.note(change)
            self._cache.keep(Address(tenant, tree.id), loaded)
            await self._settle(Address(tenant, tree.id), loaded, change)
        return committed

    async def _prepare(self, tenant: TenantId, panorama: PanoramaId, change: Change, issues: Iterable[IssueId]) -> None:
        """Write what has to be there before the commit."""
        new = dict.fromkeys(issues)
        if new:
            await self.places.announce(tenant, panorama, new)
        if _concerns_list(change):
            await self.entries.mark(tenant, panorama, change.id)

    async def close(self) -> None:
        """Wait for the snapshots that are being taken."""
        while self._shooting:
            await asyncio.wait(self._shooting.values())

    async def _settle(self, address: Address, loaded: Loaded, change: Change) -> None:
        """Bring up to date what follows the stream. It may fail: whoever finds it behind repairs it."""
        if _concerns_list(change):
            with suppress(PortError, TooContended):
                await self.entries.settle(address.tenant, loaded.tree, change.id)
        due = max(self._settings.snapshot_after, loaded.tree.total // 25)
        if loaded.facts >= due and address not in self._shooting:
            task = asyncio.create_task(self._shoot(address, loaded))
            self._shooting[address] = task
            task.add_done_callback(lambda _: self._shooting.pop(address))

    async def _shoot(self, address: Address, loaded: Loaded) -> None:
        """Take a snapshot of the tree as it is now; where that fails, the next commit tries again."""
        tree, facts = loaded.tree.frozen(), loaded.facts
        with suppress(PortError):
            await self.snapshots.write(address.tenant, tree, loaded.keyed(self.clock()))
            loaded.facts -= facts

    async def _catch_up(self, address: Address, loaded: Loaded) -> None:
        while True:
            changes = await self.stream.tail(*address, loaded.tree.version, _TAIL)
            for change in changes:
                loaded.advance(change)
            if len(changes) < _TAIL:
                return

    async def _load(self, address: Address) -> Loaded:
        """Load once, however many ask; that one of them goes away does not disturb the others."""
        task = self._loads.get(address)
        if task is None:
            task = self._loads[address] = asyncio.create_task(self._loaded(address))
            task.add_done_callback(lambda done: self._loaded_or_failed(address, done))
        return await asyncio.shield(task)

    async def _loaded(self, address: Address) -> Loaded:
        loaded = await self.loader.newest(address)
        self._cache.keep(address, loaded)
        return loaded

    def _loaded_or_failed(self, address: Address, done: asyncio.Task[Loaded]) -> None:
        """The load is over. Looking at its error keeps asyncio from calling it lost where all who asked went away."""
        del self._loads[address]
        if not done.cancelled():
            done.exception()


def require_visible(loaded: Loaded, user: UserId) -> None:
    """Raise PanoramaMissing unless this user may know of the panorama."""
    tree = loaded.tree
    if not may_view(tree.access, tree.owner, user):
        raise PanoramaMissing(tree.id)


def _issues(change: Change) -> Iterable[IssueId]:
    return (fact.issue for fact in change.facts if isinstance(fact, Added) and fact.issue is not None)


def _concerns_list(change: Change) -> bool:
    return any(isinstance(fact, Opened | Renamed | AccessChanged | Archived) for fact in change.facts)
