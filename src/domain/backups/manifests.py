"""Manifests: each names the objects that hold some records of a site, and the manifest that it follows."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.backups.streams import Streams, together
from domain.ids import TenantId


class Position(msgspec.Struct, frozen=True, order=True):
    """Where a manifest stands in the chain: in which epoch, and as which of its manifests, counted from 1."""

    epoch: int
    number: int

    def __str__(self) -> str:
        """Say it in short, as in 1.27."""
        return f"{self.epoch}.{self.number}"


class Span(msgspec.Struct, frozen=True, order=True):
    """Positions from the first to the last."""

    first: Position
    last: Position

    def __str__(self) -> str:
        """Name them for an operator."""
        return f"manifest {self.first}" if self.first == self.last else f"manifests {self.first} to {self.last}"


class Link(msgspec.Struct, frozen=True):
    """Names one manifest and no other that might stand in its place."""

    position: Position
    sha256: str
    """Of the manifest's bytes, in hex."""


class Piece(msgspec.Struct, frozen=True):
    """An object that is named by what it holds."""

    sha256: str
    """Of its bytes, in hex."""

    size: int
    """In bytes."""

    records: int = 0


class Contents(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the records are of which a manifest names the objects."""

    keys: dict[TenantId, tuple[int, ...]] = {}
    """Under which data key generations their bodies are sealed."""

    new: Streams = {}
    """The versions of each stream that no manifest before has held."""

    again: Streams = {}
    """Versions that have been written once more: sealed under another generation, or folded to a stub."""


class Index(msgspec.Struct, frozen=True):
    """What an object holds that a manifest's contents have been put into."""

    of: tuple[str, ...]
    """The hashes of the objects whose records they are about: so no two indexes are the same object."""

    contents: Contents


def merged(parts: Sequence[Contents]) -> Contents:
    """Return what is in any of the parts."""
    keys: dict[TenantId, set[int]] = {}
    for part in parts:
        for tenant, generations in part.keys.items():
            keys.setdefault(tenant, set()).update(generations)
    return Contents(
        {tenant: tuple(sorted(generations)) for tenant, generations in keys.items()},
        together(*(part.new for part in parts)),
        together(*(part.again for part in parts)),
    )


class Scan(msgspec.Struct, frozen=True):
    """How the records of a snapshot were found: by reading a store from end to end while others wrote to it.

    So they are no point in time. The segments beyond `after`, up to and with `until`, belong to the snapshot: applied
    to it in order, they make it whole.
    """

    id: str
    """Tells one scan from another."""

    after: Position | None
    """The last manifest that was committed before it began; None where there was none."""

    until: Position
    """The first segment that holds everything which had been acknowledged when it ended."""

    began: datetime
    ended: datetime


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names the objects of one segment or snapshot. Holds ids, numbers and sizes, and nothing that is secret."""

    position: Position
    site: str
    """Which site made it."""

    created: datetime
    predecessor: Link | None = None
    """None in the very first; in the first of an epoch, where the epoch before it ended."""

    vault: Position
    """The copy of the key vault that holds every generation in `contents`."""

    pieces: tuple[Piece, ...] = ()
    contents: Contents = Contents()
    indexes: tuple[Piece, ...] = ()
    """The objects that hold the contents, some each, where they are too many to stand here."""

    complete: bool = True
    """Whether nothing else waited when the records of a segment were gathered."""

    covered: datetime | None = None
    """What was acknowledged before this moment is in this manifest or one before it; None where nobody knows of any."""

    oldest: datetime | None = None
    """When the oldest of its records, re-sealed ones aside, was last written."""

    scan: Scan | None = None
    """What makes it a snapshot; None in a segment."""

    @property
    def is_snapshot(self) -> bool:
        """Whether it names all records of the site, and not only those that had changed."""
        return self.scan is not None

    @property
    def objects(self) -> tuple[Piece, ...]:
        """Return every object that it names."""
        return (*self.pieces, *self.indexes)

    @property
    def records(self) -> int:
        """Return how many records its objects hold."""
        return sum(piece.records for piece in self.pieces)

    @property
    def size(self) -> int:
        """Return how many bytes its objects have."""
        return sum(piece.size for piece in self.objects)


class VaultCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names the objects that hold, between them, every wrap of every generation that was not destroyed."""

    position: Position
    site: str
    created: datetime
    """When it was begun: what the vault held of somebody before, and no longer holds, is not in it."""

    pieces: tuple[Piece, ...]


def next_position(newest: Position | None, epoch: int) -> Position | None:
    """A manifest follows the newest one of its epoch, or begins a greater epoch; None where the epoch is over."""
    if newest is None or newest.epoch < epoch:
        return Position(epoch, 1)
    return Position(epoch, newest.number + 1) if newest.epoch == epoch else None
