"""The keyring file: wrapping keys by version, readable for nobody but its owner, replaced as a whole."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.local.files import lock_beside, locked, read_private, replace_whole, sync_folder, write_draft
from ports.errors import Corrupt, NotFound
from ports.sources import Clock, Random

KEY_SIZE: Final = 32
"""The size of a wrapping key in bytes: AES-256."""

_NAME_SIZE: Final = 8
_VERSION_SIZE: Final = 4
_NONCE_SIZE: Final = 12


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
    content = read_private(path)
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
    draft = write_draft(path, _encode(keyring), random)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
        sync_folder(path.parent)


def add_version(path: Path, clock: Clock, random: Random) -> None:
    """Make a new version the primary one; the older ones go on to open what they have wrapped."""
    with locked(lock_beside(path)):
        keyring = read_keyring(path)
        added = KeyVersion(keyring.primary.number + 1, clock(), random(KEY_SIZE))
        replace_whole(path, _encode(Keyring(keyring.name, (*keyring.versions, added))), random)


def seal(keyring: Keyring, plain: bytes, context: bytes, random: Random) -> bytes:
    """Encrypt with AES-256-GCM under the newest version, the context as additional data.

    The result is `version (4) || nonce (12) || ciphertext`.
    """
    version, nonce = keyring.primary, random(_NONCE_SIZE)
    return version.number.to_bytes(_VERSION_SIZE, "big") + nonce + AESGCM(version.secret).encrypt(nonce, plain, context)


def unseal(keyring: Keyring, sealed: bytes, context: bytes) -> bytes:
    """Return what was sealed; raises Corrupt where it is damaged, or under another keyring or context."""
    version = keyring.version(int.from_bytes(sealed[:_VERSION_SIZE], "big"))
    if version is None:
        raise Corrupt("what was sealed names no version of this keyring")
    nonce, ciphertext = sealed[_VERSION_SIZE : _VERSION_SIZE + _NONCE_SIZE], sealed[_VERSION_SIZE + _NONCE_SIZE :]
    try:
        return AESGCM(version.secret).decrypt(nonce, ciphertext, context)
    except (InvalidTag, ValueError) as exc:
        raise Corrupt("what was sealed does not open") from exc


def _encode(keyring: Keyring) -> bytes:
    return msgspec.json.format(msgspec.json.encode(keyring)) + b"\n"
