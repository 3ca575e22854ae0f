"""Decoded trees kept in memory, bounded by the nodes that they hold."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from application.panoramas.outline import Outline, outline_of
from application.panoramas.snapshots import KeyedChange
from domain.ids import ChangeId, PanoramaId, TenantId
from domain.panoramas.apply import apply_change
from domain.panoramas.facts import Change
from domain.panoramas.tree import Tree

REPEATABLE_FOR: Final = timedelta(hours=24)
"""How long a repeated idempotency key gets the first answer."""


class Address(NamedTuple):
    """Names one panorama of one tenant."""

    tenant: TenantId
    panorama: PanoramaId


class Loaded:
    """A tree as of its newest known version, with what belongs to it. Only `advance` changes it."""

    def __init__(self, tree: Tree, keyed: tuple[KeyedChange, ...] = ()) -> None:
        self.tree = tree
        self.facts = 0
        """How many facts have been applied since the newest snapshot that is known of."""

        self._keyed = {each.id: each for each in keyed}
        self._outline: Outline | None = None
        self._encoding = asyncio.Lock()

    def advance(self, change: Change) -> None:
        """Apply the change if it is the next one; one that is applied already changes nothing.

        Raises BrokenStream, after which this object is of no further use.
        """
        if change.version <= self.tree.version:
            return
        apply_change(self.tree, change)
        self.note(change)

    def note(self, change: Change) -> None:
        """Count a change that the tree holds already, and remember it if it carries an idempotency key."""
        self.facts += len(change.facts)
        if change.fingerprint:
            self._keyed[change.id] = KeyedChange(change.id, change.version, change.at)

    def answered(self, change: ChangeId, now: datetime) -> int | None:
        """Return the version that answered this keyed request within the last 24 hours, if any."""
        known = self._keyed.get(change)
        return known.version if known is not None and now - known.at < REPEATABLE_FOR else None

    def keyed(self, now: datetime) -> tuple[KeyedChange, ...]:
        """Return the keyed changes of the last 24 hours, and forget the older ones."""
        self._keyed = {each.id: each for each in self._keyed.values() if now - each.at < REPEATABLE_FOR}
        return tuple(self._keyed.values())

    async def outline(self, epoch: int) -> Outline:
        """Return the encoded tree, made once for each version and epoch whoever asks."""
        if (outline := self._encoded(epoch)) is not None:
            return outline
        async with self._encoding:
            if (outline := self._encoded(epoch)) is None:
                outline = self._outline = await outline_of(self.tree, epoch)
            return outline

    def _encoded(self, epoch: int) -> Outline | None:
        outline = self._outline
        current = outline is not None and (outline.epoch, outline.version) == (epoch, self.tree.version)
        return outline if current else None


class Cache:
    """The trees used last, up to a number of nodes in all, and one lock for each panorama that is being edited."""

    def __init__(self, nodes: int) -> None:
        self._limit = nodes
        self._loaded: OrderedDict[Address, Loaded] = OrderedDict()
        self._locks: WeakValueDictionary[Address, asyncio.Lock] = WeakValueDictionary()

    def get(self, address: Address) -> Loaded | None:
        """Return what is kept, which may be behind the stream, and count it as used."""
        loaded = self._loaded.get(address)
        if loaded is not None:
            self._loaded.move_to_end(address)
        return loaded

    def keep(self, address: Address, loaded: Loaded) -> None:
        """Keep it, and let go of what was not used for longest where there is too much; never of this one."""
        self._loaded[address] = loaded
        self._loaded.move_to_end(address)
        nodes = sum(each.tree.total for each in self._loaded.values())
        while nodes > self._limit and len(self._loaded) > 1:
            _, oldest = self._loaded.popitem(last=False)
            nodes -= oldest.tree.total

    def drop(self, address: Address, loaded: Loaded) -> None:
        """Let go of exactly this object."""
        if self._loaded.get(address) is loaded:
            del self._loaded[address]

    def lock(self, address: Address) -> asyncio.Lock:
        """Return the lock that all edits of this panorama in this process share."""
        lock = self._locks.get(address)
        if lock is None:
            lock = self._locks[address] = asyncio.Lock()
        return lock
