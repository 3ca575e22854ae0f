"""The keys that the sandbox signs with, published as Atlassian publishes its own."""

from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

KEY_SET_PATH: Final = "/.well-known/jwks.json"

FORGE_KEY_PREFIX: Final = "forge/invocation-token/wf-"
"""What the id of each of Forge's keys begins with."""

_PUBLISHED: Final = 2
"""How many keys Forge's set holds: the one in use, and the one that is next."""


class ForgeKey(NamedTuple):
    """A key of Forge's set."""

    id: str
    private: RSAPrivateKey


class SandboxKeys:
    """An install key of Connect, and a set of Forge's. An id follows from the public key, so that both are new at once.

    A key is made when it is needed first, because that takes a while.
    """

    @cached_property
    def private(self) -> RSAPrivateKey:
        """The install key, which signs the callbacks of Connect."""
        return _new_key()

    @cached_property
    def pem(self) -> bytes:
        """The public install key as the server of install keys serves it."""
        return _pem(self.private)

    @cached_property
    def key_id(self) -> str:
        """The install key's id."""
        return _uuid(self.private)

    @cached_property
    def forge_keys(self) -> list[ForgeKey]:
        """The keys of Forge's set; the first one signs."""
        return [_new_forge_key() for _ in range(_PUBLISHED)]

    @property
    def forge_key(self) -> ForgeKey:
        """The key that signs Forge's tokens now."""
        return self.forge_keys[0]

    def rotate(self) -> None:
        """Have the next key of the set sign, withdraw the one that has signed, and publish another."""
        del self.forge_keys[0]
        self.forge_keys.append(_new_forge_key())

    @property
    def key_set(self) -> bytes:
        """Forge's public keys as a set (RFC 7517)."""
        return msgspec.json.encode({"keys": [_jwk(key) for key in self.forge_keys]})

    def documents(self) -> dict[str, bytes]:
        """Return what a key server has to serve, by path."""
        return {f"/{self.key_id}": self.pem, KEY_SET_PATH: self.key_set}


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _new_forge_key() -> ForgeKey:
    private = _new_key()
    return ForgeKey(f"{FORGE_KEY_PREFIX}{_uuid(private)}", private)


def _jwk(key: ForgeKey) -> dict[str, object]:
    public = RSAAlgorithm.to_jwk(key.private.public_key(), as_dict=True)
    # PyJWT adds `key_ops`; Forge publishes `use` and `alg` instead.
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key.id, "n": public["n"], "e": public["e"]}


def _pem(private: RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _uuid(private: RSAPrivateKey) -> str:
    return str(UUID(bytes=sha256(_pem(private)).digest()[:16], version=4))
