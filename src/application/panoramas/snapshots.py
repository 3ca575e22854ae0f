"""Snapshots: a tree as it was after one version, so that nobody has to replay its stream from the beginning."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from application.panoramas.parts import Owner, Parts, Pieces
from application.sealing.records import Held, Records, Write
from domain.ids import ChangeId, PanoramaId, TenantId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.tree import Tree
from ports.errors import Conflict, Corrupt
from ports.storage import Ref

SNAPSHOT: Final = "snapshot"
PART: Final = "snapshot-part"

_THREAD_FROM: Final = 200_000
"""Content of that many bytes is decoded in a thread."""


class KeyedChange(NamedTuple):
    """A change that came with an idempotency key, and when: a repeat within 24 hours is answered with it."""

    id: ChangeId
    version: int
    at: datetime


class Header(msgspec.Struct, frozen=True):
    """What a snapshot record holds. It is written last: a snapshot without it is not there."""

    version: int
    updated: datetime
    pieces: Pieces
    keyed: tuple[KeyedChange, ...]


class Snapshot(NamedTuple):
    """A tree that was stored, and the keyed changes of the day before it."""

    tree: Tree
    keyed: tuple[KeyedChange, ...]


class Snapshots:
    """Stores and finds snapshots."""

    def __init__(self, records: Records, parts: Parts) -> None:
        self._records = records
        self._parts = parts

    async def write(self, tenant: TenantId, tree: Tree, keyed: tuple[KeyedChange, ...]) -> None:
        """Store `tree`, which nobody changes any more; where that version has a snapshot already, that one stays."""
        owner = Owner(tenant, PART, tree.id, tree.version)
        content = await asyncio.to_thread(encode_tree, tree)
        pieces = await self._parts.write(owner, content)
        header = Header(tree.version, tree.updated, pieces, keyed)
        try:
            await self._records.put(Write(ref=_ref(tenant, tree.id, tree.version), rev=1, value=header))
        except Conflict:
            await self._parts.delete(owner, pieces)

    async def headers(self, tenant: TenantId, panorama: PanoramaId, through: int) -> AsyncIterator[Held[Header]]:
        """Yield the headers of the snapshots up to version `through`, newest first."""
        after = _key(panorama, through + 1)
        while page := await self._records.scan(
            tenant, SNAPSHOT, Header, prefix=f"{panorama}/", after=after, limit=8, reverse=True
        ):
            for held in page:
                yield held
            after = page[-1].ref.key

    async def newest(self, tenant: TenantId, panorama: PanoramaId, through: int) -> Snapshot | None:
        """Return the newest snapshot up to version `through` that can be read, or None.

        One that is damaged, or that is being deleted while it is read, is passed over for the one before.
        """
        async for held in self.headers(tenant, panorama, through):
            try:
                return await self.read(tenant, panorama, held.value)
            except Corrupt:
                continue
        return None

    async def read(self, tenant: TenantId, panorama: PanoramaId, header: Header) -> Snapshot:
        """Return the snapshot that the header names; raises Corrupt."""
        content = await self._parts.read(Owner(tenant, PART, panorama, header.version), header.pieces)
        try:
            tree = (
                await asyncio.to_thread(decode_tree, content) if len(content) > _THREAD_FROM else decode_tree(content)
            )
        except BrokenStream as exc:
            message = "a snapshot does not decode"
            raise Corrupt(message) from exc
        if (tree.id, tree.version) != (panorama, header.version):
            message = "a snapshot is of another panorama or version"
            raise Corrupt(message)
        return Snapshot(tree, header.keyed)

    async def prune(self, tenant: TenantId, panorama: PanoramaId, before: int) -> int:
        """Take the snapshots of versions before `before` away, headers first; return how many there were.

        Parts go whoever names them, so that a repeat takes what an earlier try has left.
        """
        old = [held async for held in self.headers(tenant, panorama, before - 1)]
        for held in old:
            await self._records.discard(held.ref, held.rev)
        await self._parts.delete_through(tenant, PART, panorama, before - 1)
        return len(old)


def _key(panorama: PanoramaId, version: int) -> str:
    return f"{panorama}/{version:012d}"


def _ref(tenant: TenantId, panorama: PanoramaId, version: int) -> Ref:
    return Ref(tenant, SNAPSHOT, _key(panorama, version))
