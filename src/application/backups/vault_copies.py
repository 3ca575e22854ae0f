"""Copies of the key vault: what opens the records of a backup, kept apart from them, and for days only.

A copy is a list of objects. Which object holds the wraps of a tenant follows from the tenant's id, and an object is
always the same for the same wraps; so a copy that follows a small change shares all but one of its objects with the
copy before it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from application.backups.ground import Ground
from application.backups.names import VAULT_OBJECTS
from application.backups.packs import NO_ATTEMPT, Packed, cost, packed
from application.keys.generations import HOLDER
from domain.backups.manifests import Position, VaultCopy, next_position
from domain.ids import TenantId
from domain.keys import DATA_KEY, Generation, State
from ports.errors import Corrupt, PortError
from ports.storage import SCAN_LIMIT, Record, Row, Shipping, Storage

DAILY: Final = timedelta(days=1)
"""How old the newest copy grows before another is made though nothing has changed."""

Keys: TypeAlias = Mapping[TenantId, Iterable[int]]
"""Generations of tenants' data keys."""

_decoder: Final = msgspec.msgpack.Decoder(Generation)


class Overtaken(Exception):
    """Another process has taken the next position, or another site the next epoch: what it does need not be done."""


class _Known(msgspec.Struct, frozen=True):
    """What a copy holds."""

    position: Position
    keys: frozenset[tuple[TenantId, int]]


class VaultCopies:
    """Makes a copy after every change of the vault, and daily; used by one task at a time."""

    def __init__(self, ground: Ground, vault: Storage) -> None:
        self._ground = ground
        self._book = ground.book
        self._vault = vault
        self._known: _Known | None = None
        self._gone: set[tuple[TenantId, int]] = set()

    async def sufficient(self, keys: Keys, epoch: int) -> Position:
        """Return a copy that holds all of these generations that the vault still has; make one where there is none.

        Raises Overtaken, and what the vault, the book and the stores raise. A vault that is out of reach is not missed
        while the newest copy holds everything.
        """
        newest = await self._book.newest_copy()
        wanted = {(tenant, number) for tenant, numbers in keys.items() for number in numbers}
        enough = newest is not None and self._holds(newest, wanted)
        try:
            waiting = await self._vault.unshipped(SCAN_LIMIT)
        except PortError:
            if newest is not None and enough:
                return newest.position
            raise
        if newest is not None and enough and not waiting and self._is_young(newest):
            return newest.position
        known = await self._copy(newest, waiting, epoch)
        self._known = known
        # Destroyed, by a rotation that no backup needed it for or with its tenant: nobody can copy it any more.
        self._gone |= wanted - known.keys
        return known.position

    async def _copy(self, newest: VaultCopy | None, waiting: Sequence[Record], epoch: int) -> _Known:
        began = self._ground.clock()
        rows = await self._everything()
        objects = await asyncio.to_thread(_objects, rows, self._ground.sizes.vault_object)
        pieces = tuple(each.piece for each in objects)
        if newest is None or newest.pieces != pieces or not self._is_young(newest):
            newest = await self._commit(newest, objects, began, epoch)
        await self._vault.mark_shipped(
            [(each.ref, each.rev) for each in rows if each.shipping != Shipping.DONE]
            + [(each.ref, each.rev) for each in waiting if each.body is None]
        )
        return _Known(newest.position, _usable(rows))

    async def _commit(
        self, newest: VaultCopy | None, objects: Sequence[Packed], began: datetime, epoch: int
    ) -> VaultCopy:
        position = next_position(None if newest is None else newest.position, epoch)
        if position is None:
            raise Overtaken
        held = set() if newest is None else set(newest.pieces)
        await self._ground.spreading.spread(VAULT_OBJECTS, [each for each in objects if each.piece not in held])
        copy = VaultCopy(
            position=position,
            site=self._ground.site,
            created=began,
            pieces=tuple(each.piece for each in objects),
        )
        if not await self._book.commit_copy(copy):
            raise Overtaken
        return copy

    async def _everything(self) -> list[Row]:
        rows: list[Row] = []
        while page := await self._vault.everything(SCAN_LIMIT, after=rows[-1].ref if rows else None):
            rows += page
        return rows

    def _holds(self, newest: VaultCopy, wanted: set[tuple[TenantId, int]]) -> bool:
        known = self._known
        return known is not None and known.position == newest.position and wanted <= known.keys | self._gone

    def _is_young(self, copy: VaultCopy) -> bool:
        return self._ground.clock() - copy.created < DAILY


def usable(row: Row) -> int | None:
    """Return which generation a record of the vault lets be opened; None where none. Raises Corrupt."""
    if row.kind != DATA_KEY:
        return None
    try:
        generation = _decoder.decode(row.body or b"")
    except msgspec.DecodeError as exc:
        raise Corrupt("a vault record does not decode") from exc
    return None if generation.state is State.DESTROYED else generation.number


def _usable(rows: Iterable[Row]) -> frozenset[tuple[TenantId, int]]:
    return frozenset((TenantId(row.tenant), number) for row in rows if (number := usable(row)) is not None)


def _objects(rows: Sequence[Row], size: int) -> list[Packed]:
    """Divide the records by the tenants that they are of, into as many objects as their size asks for, at least one."""
    count = 1
    while count * size < sum(map(cost, rows)):
        count *= 2
    shares: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        tenant = row.key if row.kind == HOLDER else row.tenant
        shares[_share(tenant) * count >> 32].append(row)
    return [packed(shares[number], NO_ATTEMPT) for number in sorted(shares)] or [packed((), NO_ATTEMPT)]


def _share(tenant: str) -> int:
    return int.from_bytes(sha256(tenant.encode()).digest()[:4])
