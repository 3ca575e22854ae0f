"""The key pair that the sandbox signs with, published as Atlassian publishes its own."""

from functools import cached_property
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

KEY_SET_PATH: Final = "/.well-known/jwks.json"


class SandboxKeys:
    """An RSA key pair; its id follows from the public key, so that it is new where the key is."""

    def __init__(self, private: RSAPrivateKey | None = None) -> None:
        self.private = private or generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def pem(self) -> bytes:
        """The public key as the server of install keys serves it."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def key_id(self) -> str:
        """The public key's id."""
        return sha256(self.pem).hexdigest()[:32]

    @cached_property
    def key_set(self) -> bytes:
        """The public key as a set (RFC 7517), the way Forge serves it."""
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return msgspec.json.encode({"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]})

    def documents(self) -> dict[str, bytes]:
        """Return what a key server has to serve, by path."""
        return {f"/{self.key_id}": self.pem, KEY_SET_PATH: self.key_set}
