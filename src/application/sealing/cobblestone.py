"""C2SP chunked encryption with AES-256-GCM and SHA-512, "Cobblestone-256".

The format is published as c2sp.org/chunked-encryption, its test vectors by Wycheproof:

    salt (24) || commitment (32) || chunk 0 || chunk 1 || ... || last chunk

Each chunk is 16 KiB of plain text and a tag of 16 bytes; the last one is always shorter, and may be empty, so that
a message that was cut at the end of a chunk is noticed.
"""

import hmac
from collections.abc import Iterator
from hashlib import sha512
from itertools import count
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ports.errors import Corrupt, InvalidArgument

KEY_SIZE: Final = 32
SALT_SIZE: Final = 24
COMMITMENT_SIZE: Final = 32
CHUNK_SIZE: Final = 16 * 1024

_HEADER_SIZE: Final = SALT_SIZE + COMMITMENT_SIZE
_NONCE_SIZE: Final = 12
_TAG_SIZE: Final = 16
_SEALED_CHUNK_SIZE: Final = CHUNK_SIZE + _TAG_SIZE
_BLOCK_SIZE: Final = 128
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_SCHEME: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"


class InputKey:
    """A key of 32 bytes, prepared for use: of HMAC-SHA512 (RFC 2104) what depends on the key alone is done once.

    Raises InvalidArgument for a key that is not 32 bytes. Is as secret as the key, and does not show it.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise InvalidArgument("a key is 32 bytes")
        block = key.ljust(_BLOCK_SIZE, b"\0")
        self._inner = sha512(block.translate(_INNER))
        self._outer = sha512(block.translate(_OUTER))

    def hmac(self, message: bytes) -> bytes:
        """Return the HMAC-SHA512 of a message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def seal(key: bytes | InputKey, context: bytes, plain: bytes, *, salt: bytes) -> bytes:
    """Return `plain` sealed under `key` for `context`; the 24 bytes of `salt` must be random and never used again.

    Raises InvalidArgument for a key that is not 32 bytes or a salt that is not 24.
    """
    if len(salt) != SALT_SIZE:
        raise InvalidArgument("a salt is 24 bytes")
    secret, base, commitment = _derive(key, salt, context)
    encrypt = AESGCM(secret).encrypt
    if len(plain) < CHUNK_SIZE:
        return salt + commitment + encrypt(base, plain, None)
    starts = range(0, len(plain) + 1, CHUNK_SIZE)
    chunks = (
        encrypt(nonce, plain[start : start + CHUNK_SIZE], None)
        for start, nonce in zip(starts, _nonces(base), strict=False)
    )
    return b"".join((salt, commitment, *chunks))


def unseal(key: bytes | InputKey, context: bytes, sealed: bytes) -> bytes:
    """Return what was sealed under `key` for `context`, whole or not at all.

    Raises Corrupt for anything else than exactly that, InvalidArgument for a key that is not 32 bytes.
    """
    if not _plausible(len(sealed)):
        raise _corrupt()
    secret, base, commitment = _derive(key, sealed[:SALT_SIZE], context)
    if not hmac.compare_digest(commitment, sealed[SALT_SIZE:_HEADER_SIZE]):
        raise _corrupt()
    decrypt = AESGCM(secret).decrypt
    try:
        if len(sealed) < _HEADER_SIZE + _SEALED_CHUNK_SIZE:
            return decrypt(base, sealed[_HEADER_SIZE:], None)
        starts = range(_HEADER_SIZE, len(sealed), _SEALED_CHUNK_SIZE)
        return b"".join(
            decrypt(nonce, sealed[start : start + _SEALED_CHUNK_SIZE], None)
            for start, nonce in zip(starts, _nonces(base), strict=False)
        )
    except InvalidTag as exc:
        raise _corrupt() from exc


def _derive(key: bytes | InputKey, salt: bytes, context: bytes) -> tuple[bytes, bytes, bytes]:
    """Return a key, a base nonce and a commitment.

    HKDF-Expand-SHA512 (RFC 5869) to 76 bytes, by hand: two HMACs cost a third of what the library's class does.
    """
    prepared = InputKey(key) if isinstance(key, bytes) else key
    info = _SCHEME + salt + context
    first = prepared.hmac(info + b"\x01")
    second = prepared.hmac(first + info + b"\x02")
    return first[:32], first[32:44], first[44:] + second[:12]


def _nonces(base: bytes) -> Iterator[bytes]:
    """One nonce for each chunk: its number, in the base nonce's size, XORed into the base nonce."""
    number = int.from_bytes(base, "big")
    return ((number ^ chunk).to_bytes(_NONCE_SIZE, "big") for chunk in count())


def _plausible(size: int) -> bool:
    """Whether a message can be that long: a header, full chunks, and a shorter last one that has at least its tag."""
    chunks = size - _HEADER_SIZE
    return chunks >= _TAG_SIZE and chunks % _SEALED_CHUNK_SIZE >= _TAG_SIZE


def _corrupt() -> Corrupt:
    return Corrupt("the body does not open")
