"""Bringing each store up to the newest manifest: whatever it lacks, in order, objects before what names them."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from application.backups.book import Entry, encoded
from application.backups.ground import Ground
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, numbered
from application.backups.packs import wrapped
from application.backups.states import State
from application.backups.stores import Store, fetched, found, holds, keep, keep_text
from application.faults import described
from domain.backups.manifests import Piece, Position, VaultCopy
from domain.backups.retention import Retention, copy_locked_until, locked_until, owns
from ports.edges import port_errors_only
from ports.errors import Corrupt, DeadlineExceeded, InvalidArgument, NotFound, PortError, Unsupported


class Delivery:
    """Brings stores up to date; any number of processes may do it at once. Raises what the storage raises."""

    def __init__(self, ground: Ground, retention: Retention) -> None:
        self._ground = ground
        self._book = ground.book
        self._states = ground.states
        self._retention = retention
        self._there: dict[str, set[str]] = {store.name: set() for store in ground.stores}

    def put(self, stores: Iterable[str], pieces: Iterable[Piece]) -> None:
        """Remember which stores have just been given these objects, so that nobody asks them."""
        hashes = {piece.sha256 for piece in pieces}
        for store in stores:
            self._there[store] |= hashes

    async def deliver(self, stores: Sequence[Store]) -> dict[str, str]:
        """Give each of these stores what it lacks, each for as long as its patience lasts.

        Return the stores that could not be given everything, each with what is told of the error that it failed with.
        """
        # Each is waited for, so that none goes on alone after the storage has failed for another.
        outcomes = await asyncio.gather(*(self._bring_up(store) for store in stores), return_exceptions=True)
        behind: dict[str, str] = {}
        for store, outcome in zip(stores, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                behind[store.name] = outcome
        return behind

    async def _bring_up(self, store: Store) -> str | None:
        """Return what is told of the error that the store failed with; raises what the storage raises."""
        began = await self._states.of(store.name)
        round_ = _Round(store, began, self._there[store.name])
        failure: PortError | None = None
        try:
            async with asyncio.timeout(self._ground.patience):
                with port_errors_only():
                    await self._give(round_)
        except TimeoutError:
            failure = DeadlineExceeded("the store does not take everything in time")
        except PortError as exc:
            failure = exc
        self._there[store.name].clear()
        self._ground.spreading.keeps_up(store.name, well=failure is None)
        now = self._ground.clock()
        code = None if failure is None else failure.code
        await self._states.change(store.name, lambda state: _noted(state, round_, code, now))
        return None if failure is None else described(failure)

    async def _give(self, round_: "_Round") -> None:
        copy = await self._book.newest_copy()
        if copy is not None and copy.position != round_.vault:
            await self._give_copy(round_, copy)
            round_.vault = copy.position
        async for entry in self._book.after(round_.head):
            if round_.vault is None or entry.manifest.vault > round_.vault:
                # It was committed a moment ago, with a copy that was made after the one that was looked up.
                return
            await self._give_manifest(round_, entry)
            round_.head, round_.covered = entry.position, entry.manifest.covered

    async def _give_manifest(self, round_: "_Round", entry: Entry) -> None:
        for piece in entry.manifest.objects:
            name = named(OBJECTS, piece)
            if piece.sha256 in round_.there or await holds(round_.store, name, piece):
                continue
            try:
                content = await self._elsewhere(round_.store, name, piece)
            except (NotFound, Corrupt):
                # There is nothing left to give. The manifest says what there was.
                await self._ground.losses.note(entry.position)
                continue
            await keep(round_.store, name, wrapped((content,)))
        await keep_text(round_.store, numbered(MANIFESTS, entry.position), entry.content)
        with suppress(Unsupported):
            await self._lock_manifest(round_.store, entry)

    async def _give_copy(self, round_: "_Round", copy: VaultCopy) -> None:
        """Read back what is new: a copy that a store has is one that opens something."""
        before = [each async for each in self._book.copies() if each.position == round_.vault]
        held = {piece for each in before for piece in each.pieces}
        for piece in copy.pieces:
            if piece not in held:
                await self._make_sure(round_.store, named(VAULT_OBJECTS, piece), piece)
        await keep_text(round_.store, numbered(VAULT_COPIES, copy.position), encoded(copy))
        with suppress(Unsupported):
            await self._lock_copy(round_.store, copy, before)

    async def _make_sure(self, store: Store, name: str, piece: Piece) -> None:
        try:
            await fetched(store, name, piece)
        except NotFound:
            await keep(store, name, wrapped((await self._elsewhere(store, name, piece),)))
            await fetched(store, name, piece)

    async def _elsewhere(self, store: Store, name: str, piece: Piece) -> bytes:
        return await found([each for each in self._ground.stores if each is not store], name, piece)

    async def _lock_manifest(self, store: Store, entry: Entry) -> None:
        """Lock a manifest and its objects, and for as long as a snapshot whatever it owns."""
        before = []
        if entry.manifest.is_snapshot:
            before = [each async for each in self._book.after(None) if each.position < entry.position]
        until = locked_until(entry.manifest, (each.manifest for each in before), self._retention)
        for each in (entry, *(each for each in before if owns(entry.manifest, each.position))):
            await _lock(store, numbered(MANIFESTS, each.position), until)
            for piece in each.manifest.objects:
                await _lock(store, named(OBJECTS, piece), until)

    async def _lock_copy(self, store: Store, copy: VaultCopy, before: list[VaultCopy]) -> None:
        """Lock a copy's list and objects; those that it shares with the copy before only once a day."""
        until = copy_locked_until(copy, self._retention)
        shared = {piece for each in before if each.created.date() == copy.created.date() for piece in each.pieces}
        await _lock(store, numbered(VAULT_COPIES, copy.position), until)
        for piece in copy.pieces:
            if piece not in shared:
                await _lock(store, named(VAULT_OBJECTS, piece), until)


class _Round:
    """How far a store has got."""

    def __init__(self, store: Store, began: State, there: set[str]) -> None:
        self.store = store
        self.began = began.head
        self.head = began.head
        self.covered = began.covered
        self.vault = began.vault
        self.there = there
        """The hashes of objects that it is known to have."""


async def _lock(store: Store, name: str, until: datetime) -> None:
    """Lock an object; one that is locked for longer already is as good, and what is lost cannot be locked.

    The store is asked, not its capabilities: a bucket knows whether it can lock only once it has been asked for it.
    Raises Unsupported where it cannot.
    """
    with suppress(InvalidArgument, NotFound):
        await store.blobs.retain(name, until)


def _noted(state: State, round_: _Round, failure: str | None, now: datetime) -> State:
    state = replace(
        state,
        vault=_later(state.vault, round_.vault),
        reached=state.reached if failure else now,
        failing=(state.failing or now) if failure else None,
        failure=failure,
    )
    if round_.head is None or _is_before(round_.head, state.head) or _is_before(state.head, round_.began):
        # Somebody else has brought it further; or has found something missing, and it is to be looked at again.
        return state
    return replace(state, head=round_.head, covered=round_.covered)


def _later(one: Position | None, other: Position | None) -> Position | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _is_before(one: Position | None, other: Position | None) -> bool:
    return other is not None and (one is None or one < other)
