"""Trees from storage: the newest snapshot that serves, and the changes after it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from application.panoramas.cache import Address, Loaded
from application.panoramas.snapshots import Snapshot, Snapshots
from application.panoramas.stream import ENDLESS, Stream, StreamInterrupted
from domain.errors import PanoramaMissing, VersionMissing
from domain.panoramas.apply import begin
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import Change
from ports.errors import Corrupt

PAGE: Final = 500

_THREAD_FROM: Final = 5_000
"""That many facts are replayed in a thread. The tree is nobody else's yet."""

_TRIES: Final = 3
"""A fold of history in the middle of loading asks for another try; more than a few mean that the stream is broken."""


class Loader:
    """Builds trees that belong to nobody yet."""

    def __init__(self, stream: Stream, snapshots: Snapshots) -> None:
        self._stream = stream
        self._snapshots = snapshots

    async def newest(self, address: Address) -> Loaded:
        """Return the newest tree, which may be of a panorama that is discarded; raises PanoramaMissing, Corrupt."""
        return await self._load(address, ENDLESS)

    async def at(self, address: Address, version: int) -> Loaded:
        """Return the tree as of one version; raises VersionMissing where it is folded away or was never there."""
        try:
            loaded = await self._load(address, version)
        except (PanoramaMissing, Corrupt) as exc:
            raise VersionMissing from exc
        if loaded.tree.version != version:
            raise VersionMissing
        return loaded

    async def _load(self, address: Address, through: int) -> Loaded:
        for _ in range(_TRIES):
            snapshot = await self._snapshots.newest(*address, through)
            try:
                return await self._replay(address, snapshot, through)
            except StreamInterrupted:
                continue
        if await self._stream.is_over(*address):
            raise PanoramaMissing(address.panorama)
        message = "a stream begins after its first version, and no snapshot covers what is missing"
        raise Corrupt(message)

    async def _replay(self, address: Address, snapshot: Snapshot | None, through: int) -> Loaded:
        loaded = None
        if snapshot is not None:
            loaded = Loaded(snapshot.tree, snapshot.keyed)
        version = 0 if snapshot is None else snapshot.tree.version
        while version < through:
            limit = min(PAGE, through - version)
            changes = await self._stream.tail(*address, version, limit)
            if changes:
                loaded = await _applied(loaded, changes)
                version = changes[-1].version
            if len(changes) < limit:
                break
        if loaded is None:
            raise PanoramaMissing(address.panorama)
        return loaded


async def _applied(loaded: Loaded | None, changes: Sequence[Change]) -> Loaded:
    """Replay the changes, in a thread where there are many; raises Corrupt if they do not fit together."""
    work = partial(_advanced, loaded, changes)
    try:
        if sum(len(change.facts) for change in changes) < _THREAD_FROM:
            return work()
        return await asyncio.to_thread(work)
    except BrokenStream as exc:
        message = "the changes of a stream do not fit together"
        raise Corrupt(message) from exc


def _advanced(loaded: Loaded | None, changes: Sequence[Change]) -> Loaded:
    if loaded is None:
        first, *changes = changes
        loaded = Loaded(begin(first))
        loaded.note(first)
    for change in changes:
        loaded.advance(change)
    return loaded
