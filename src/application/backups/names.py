"""How the objects of a backup are called. Names sort as positions do, and no folder grows too large to be listed."""

import re
from typing import Final

from domain.backups.manifests import Piece, Position

MANIFESTS: Final = "manifests/"
"""Begins the names of all manifests."""

OBJECTS: Final = "objects/"
"""Begins the names of the objects that manifests name."""

VAULT_COPIES: Final = "vault/copies/"
"""Begins the names of the lists of what each copy of the key vault consists of."""

VAULT_OBJECTS: Final = "vault/objects/"
"""Begins the names of the objects that copies of the key vault consist of."""

_NUMBERED: Final = re.compile(r"([0-9]{6})/[0-9]{9}/([0-9]{12})\.json")
_IN_A_FOLDER: Final = 1_000


def key_of(position: Position) -> str:
    """Return a position as the last part of a record's key; keys sort as positions do."""
    return f"{position.epoch:06d}/{position.number:012d}"


def position_of(key: str) -> Position:
    """Return the position that a key stands for."""
    epoch, _, number = key.partition("/")
    return Position(int(epoch), int(number))


def numbered(prefix: str, position: Position) -> str:
    """Return the name of a manifest or of a copy's list."""
    folder = position.number // _IN_A_FOLDER
    return f"{prefix}{position.epoch:06d}/{folder:09d}/{position.number:012d}.json"


def position_in(prefix: str, name: str) -> Position | None:
    """Return the position that a name stands for; None for a name that is nobody's."""
    found = _NUMBERED.fullmatch(name.removeprefix(prefix))
    if found is None:
        return None
    position = Position(int(found[1]), int(found[2]))
    return position if numbered(prefix, position) == name else None


def named(prefix: str, piece: Piece) -> str:
    """Return the name of an object, which follows from what it holds."""
    return f"{prefix}{piece.sha256[:2]}/{piece.sha256}"
