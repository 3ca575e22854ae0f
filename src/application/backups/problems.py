"""What can be wrong with a backup, and how much of it was looked at."""

from enum import Enum

import msgspec

from domain.backups.manifests import Piece, Position


class Fault(Enum):
    """What is wrong."""

    UNREACHABLE = "does not answer"
    MISSING = "is missing"
    DAMAGED = "is not what it should be"
    ALTERED = "is not the one that was written"
    UNKNOWN = "is not in the site's own book"
    ASIDE = "was added to an epoch that was over"
    GAP = "is not whole"
    UNLOCKED = "is not locked for as long as it is kept"
    UNWRAPPED = "has a key that nobody can open"


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong."""

    store: str
    fault: Fault
    what: str
    """The name of an object, or of a stream or a key."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.store}: {self.what} {self.fault.value}"


class Part(msgspec.Struct, frozen=True):
    """Which objects are read byte by byte: those of one part of several."""

    number: int = 1
    """Counted from 1."""

    of: int = 1

    def holds(self, piece: Piece) -> bool:
        """Whether an object is in this part; by its hash it is in exactly one."""
        return self.takes(int(piece.sha256[:8], 16))

    def takes(self, number: int) -> bool:
        """Whether whatever has a number is in this part."""
        return number % self.of == self.number - 1


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at one store."""

    store: str
    manifests: int = 0
    objects: int = 0
    """How many of them the manifests and the copy of the vault name."""

    stored: int = 0
    """How many bytes all of those have."""

    read: int = 0
    """How many of those were read."""

    size: int = 0
    """How many bytes were read."""

    locked: int | None = None
    """How many of those, of the manifests and of the list that name them, are locked for as long as they are kept.

    None where the store does not lock objects.
    """

    erased: int = 0
    """Of how many tenants nobody can open any key, so that what the backups hold of them is noise."""

    problems: tuple[Problem, ...] = ()

    lacks_from: Position | None = None
    """The first manifest that is missing or not locked, or of which an object is."""

    lacks_copy: bool = False
    """Whether something of the newest copy of the vault is missing or not locked."""
