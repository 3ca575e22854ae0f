"""The keyring file: wrapping keys by version, readable for nobody but its owner, replaced as a whole."""

import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from adapters.local.files import FILE_MODE, locked, sync_folder, write_new
from ports.errors import NotFound, PermissionDenied
from ports.sources import Clock, Random

KEY_SIZE: Final = 32
"""The size of a wrapping key in bytes: AES-256."""

_NAME_SIZE: Final = 8
_DRAFT_SIZE: Final = 8


class KeyVersion(msgspec.Struct, frozen=True):
    """One version of the wrapping key."""

    number: int
    created: datetime
    secret: Annotated[bytes, msgspec.Meta(min_length=KEY_SIZE, max_length=KEY_SIZE)]

    def __repr__(self) -> str:
        """Leave out the secret, so that no log and no traceback holds it."""
        return f"KeyVersion(number={self.number})"


class Keyring(msgspec.Struct, frozen=True):
    """What the file holds, in JSON."""

    name: str
    """Random, made with the file: another file is another key manager, whatever its path."""

    versions: Annotated[tuple[KeyVersion, ...], msgspec.Meta(min_length=1)]
    """The newest last."""

    @property
    def primary(self) -> KeyVersion:
        """The version that new wraps are made with."""
        return self.versions[-1]

    def version(self, number: int) -> KeyVersion | None:
        """Return that version, or None where there is none."""
        return next((version for version in self.versions if version.number == number), None)


def read_keyring(path: Path) -> Keyring:
    """Return what the file holds.

    Raises NotFound where it is damaged, PermissionDenied where others than its owner may use it.
    """
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & ~FILE_MODE:
            raise PermissionDenied(f"the keyring is open to others than its owner; close it: chmod 600 {path}")
        content = file.read()
    try:
        return msgspec.json.decode(content, type=Keyring)
    except msgspec.DecodeError:
        # Without its cause, which may hold a piece of a key.
        raise NotFound(f"the keyring is damaged; put its copy back at {path}") from None


def create_keyring(path: Path, clock: Clock, random: Random) -> None:
    """Make a keyring with one version, unless there is one; of several that try at once, one makes it."""
    if path.exists():
        return
    keyring = Keyring(f"file-{random(_NAME_SIZE).hex()}", (KeyVersion(1, clock(), random(KEY_SIZE)),))
    draft = _write_draft(path, keyring, random)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
        sync_folder(path.parent)


def add_version(path: Path, clock: Clock, random: Random) -> None:
    """Make a new version the primary one; the older ones go on to open what they have wrapped."""
    with locked(path.with_name(path.name + ".lock")):
        keyring = read_keyring(path)
        added = KeyVersion(keyring.primary.number + 1, clock(), random(KEY_SIZE))
        draft = _write_draft(path, Keyring(keyring.name, (*keyring.versions, added)), random)
        draft.replace(path)
        sync_folder(path.parent)


def _write_draft(path: Path, keyring: Keyring, random: Random) -> Path:
    draft = path.with_name(f"{path.name}.{random(_DRAFT_SIZE).hex()}")
    write_new(draft, msgspec.json.format(msgspec.json.encode(keyring)) + b"\n")
    return draft
