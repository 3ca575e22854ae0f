"""The site's own book of its manifests: one record each, that is only ever created. That is the commit of a backup.

A position is taken once, so however many processes ship at a time, the chain never forks. A manifest whose records have
not been marked as shipped yet is due; nobody adds another before that is done.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from application.backups.names import key_of
from application.sealing.commits import commit, remove
from domain.backups.chains import Chained
from domain.backups.manifests import Index, Manifest, Position, VaultCopy
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

MANIFEST: Final = "backup-manifest"
"""The kind of the SYSTEM records that hold a manifest each. None is sealed: whoever restores has no keys yet."""

VAULT_COPY: Final = "backup-vault-copy"
"""The kind of the SYSTEM records that hold the list of a copy of the key vault each."""

PAGE: Final = 100

T = TypeVar("T", Manifest, VaultCopy, Index)

_encoder: Final = msgspec.json.Encoder()


class Entry(msgspec.Struct, frozen=True):
    """A manifest in the book."""

    chained: Chained
    content: bytes
    """Its bytes, as they go to the stores."""

    rev: int
    settled: bool
    """Whether its records have been marked as shipped."""

    @property
    def manifest(self) -> Manifest:
        """What it says."""
        return self.chained.manifest

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.chained.position


def encoded(document: Manifest | VaultCopy) -> bytes:
    """Return the bytes of a manifest or of a copy's list, the same for the same content."""
    return _encoder.encode(document)


def decoded(content: bytes, type_: type[T]) -> T:
    """Return the manifest, index or list that the bytes hold; raises Corrupt."""
    try:
        return msgspec.json.decode(content, type=type_)
    except msgspec.DecodeError as exc:
        raise Corrupt("a manifest does not decode") from exc


def chained(content: bytes) -> Chained:
    """Return the manifest that the bytes hold, with their hash; raises Corrupt."""
    return Chained(decoded(content, Manifest), sha256(content).hexdigest())


class Book:
    """Adds to and reads the book; raises what the storage raises."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def newest(self) -> Entry | None:
        """Return the last manifest, None where there is none."""
        page = await self._storage.scan(SYSTEM, MANIFEST, limit=1, reverse=True)
        return _entry(page[0]) if page else None

    async def get(self, position: Position) -> Entry | None:
        """Return one manifest, None where it is not there."""
        record = await self._storage.get(_ref(MANIFEST, position))
        return None if record is None else _entry(record)

    async def after(self, position: Position | None) -> AsyncIterator[Entry]:
        """Yield the manifests beyond a position, oldest first."""
        async for record in self._scan(MANIFEST, position):
            yield _entry(record)

    async def commit(self, manifest: Manifest) -> Entry | None:
        """Add a manifest, a segment's not settled; return None where somebody else has taken its position."""
        content, now = encoded(manifest), self._clock()
        due = None if manifest.is_snapshot else now
        record = Record(_ref(MANIFEST, manifest.position), ABSENT + 1, content, now, due=due, shipping=Shipping.NEVER)
        try:
            await commit(self._storage, [record])
        except Conflict:
            return None
        return _entry(record)

    async def settle(self, entry: Entry) -> None:
        """Note that its records have been marked; that somebody else has done so already is as good."""
        with suppress(Conflict):
            await commit(
                self._storage,
                [
                    Record(
                        _ref(MANIFEST, entry.position),
                        entry.rev + 1,
                        entry.content,
                        self._clock(),
                        shipping=Shipping.NEVER,
                    )
                ],
            )

    async def forget(self, position: Position) -> None:
        """Take a manifest out of the book, when no store has it any more."""
        await self._forget(_ref(MANIFEST, position))

    async def newest_copy(self) -> VaultCopy | None:
        """Return the list of the last copy of the key vault, None where there is none."""
        page = await self._storage.scan(SYSTEM, VAULT_COPY, limit=1, reverse=True)
        return decoded(page[0].body or b"", VaultCopy) if page else None

    async def copies(self) -> AsyncIterator[VaultCopy]:
        """Yield the lists of all copies of the key vault, oldest first."""
        async for record in self._scan(VAULT_COPY, None):
            yield decoded(record.body or b"", VaultCopy)

    async def commit_copy(self, copy: VaultCopy) -> bool:
        """Add a copy's list; return whether nobody else has taken its position."""
        record = Record(
            _ref(VAULT_COPY, copy.position), ABSENT + 1, encoded(copy), self._clock(), shipping=Shipping.NEVER
        )
        try:
            await commit(self._storage, [record])
        except Conflict:
            return False
        return True

    async def forget_copy(self, position: Position) -> None:
        """Take a copy's list out of the book, when no store has it any more."""
        await self._forget(_ref(VAULT_COPY, position))

    async def _scan(self, kind: str, position: Position | None) -> AsyncIterator[Record]:
        after = None if position is None else key_of(position)
        while page := await self._storage.scan(SYSTEM, kind, after=after, limit=PAGE):
            for record in page:
                yield record
            after = page[-1].ref.key

    async def _forget(self, ref: Ref) -> None:
        record = await self._storage.get(ref)
        if record is not None:
            with suppress(Conflict):
                await remove(self._storage, ref, record.rev)


def _ref(kind: str, position: Position) -> Ref:
    return Ref(SYSTEM, kind, key_of(position))


def _entry(record: Record) -> Entry:
    content = record.body or b""
    return Entry(chained(content), content, record.rev, settled=record.due is None)
