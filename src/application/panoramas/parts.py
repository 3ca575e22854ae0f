"""Content too large for one record: cut into part records, named by their digests in the record that needs them."""

from datetime import timedelta
from hashlib import sha256
from typing import Final

import msgspec

from application.ids import Ids
from application.sealing.records import Records, Write
from domain.ids import PanoramaId, TenantId
from ports.errors import Corrupt
from ports.sources import Clock
from ports.storage import Ref

PART_SIZE: Final = 1_000_000
"""Bytes of content in one part; sealed and framed it stays below the storage port's limit."""

ORPHANED_AFTER: Final = timedelta(hours=24)
"""How long a part may wait for the record that names it, before a sweep takes it for an orphan."""


class Owner(msgspec.Struct, frozen=True):
    """Whose content it is: the record of this panorama and version that will name it, and the kind of its parts."""

    tenant: TenantId
    kind: str
    panorama: PanoramaId
    version: int

    @property
    def prefix(self) -> str:
        """Begins the keys of all parts that were ever written for this owner."""
        return f"{self.panorama}/{self.version:012d}/"


class Pieces(msgspec.Struct, frozen=True):
    """Names one content in parts: the random id of this try to write it, and the SHA-256 of each part."""

    id: str
    digests: tuple[bytes, ...]


class Parts:
    """Writes and reads contents in parts; a content is whole or, by its digests, Corrupt."""

    def __init__(self, records: Records, clock: Clock, ids: Ids, *, size: int = PART_SIZE) -> None:
        """Cut contents into parts of `size` bytes."""
        self.size = size
        self._records = records
        self._clock = clock
        self._ids = ids

    async def write(self, owner: Owner, content: bytes) -> Pieces:
        """Store `content` and return what to name it by; until it is named, it is an orphan that will be swept."""
        pieces = [content[start : start + self.size] for start in range(0, len(content), self.size)]
        named = Pieces(self._ids.attempt(), tuple(sha256(piece).digest() for piece in pieces))
        due = self._clock() + ORPHANED_AFTER
        for number, piece in enumerate(pieces):
            await self._records.put(Write(ref=_ref(owner, named.id, number), rev=1, value=piece, due=due))
        return named

    async def read(self, owner: Owner, named: Pieces) -> bytes:
        """Return the content; raises Corrupt where a part is missing or is not the one that was named."""
        pieces: list[bytes] = []
        for number, digest in enumerate(named.digests):
            held = await self._records.get(_ref(owner, named.id, number), bytes)
            if held is None or sha256(held.value).digest() != digest:
                message = "a part is missing or is not the one that was named"
                raise Corrupt(message)
            pieces.append(held.value)
        return b"".join(pieces)

    async def delete(self, owner: Owner, named: Pieces | None = None) -> None:
        """Take one content of this owner away, or all that were ever tried; what is gone already is no error."""
        prefix = owner.prefix if named is None else f"{owner.prefix}{named.id}/"
        for record in await self._records.storage.scan(owner.tenant, owner.kind, prefix=prefix):
            await self._records.discard(record.ref, record.rev)

    async def delete_through(self, tenant: TenantId, kind: str, panorama: PanoramaId, version: int) -> None:
        """Take away every part of that kind that was written for a version up to this one, whoever names it."""
        after = None
        while page := await self._records.storage.scan(tenant, kind, prefix=f"{panorama}/", after=after):
            for record in page:
                if int(record.ref.key.split("/")[1]) > version:
                    return
                await self._records.discard(record.ref, record.rev)
            after = page[-1].ref.key


def _ref(owner: Owner, attempt: str, number: int) -> Ref:
    return Ref(owner.tenant, owner.kind, f"{owner.prefix}{attempt}/{number:06d}")
