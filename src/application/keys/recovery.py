"""The offline recovery key: its public half wraps every data key here, its private half is never here."""

from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ports.errors import InvalidArgument

RECOVERY: Final = "recovery"
"""The name that the recovery key's wrap stands under; no key manager may bear it."""

LEAST_BITS: Final = 3072
"""The shortest modulus that is trusted to outlive the backups."""


class RecoveryKey:
    """Wraps data keys with RSA-OAEP (RFC 8017, SHA-256 for hash and mask), the wrap's context as the label."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        if public.key_size < LEAST_BITS:
            raise InvalidArgument(f"a recovery key has {LEAST_BITS} bits or more, this one has {public.key_size}")
        self._public = public

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a public key in PEM; raises InvalidArgument for anything else, or a key that is too short."""
        try:
            public = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as exc:
            raise InvalidArgument("the recovery key is not a public key in PEM") from exc
        if not isinstance(public, rsa.RSAPublicKey):
            raise InvalidArgument("the recovery key is not an RSA key")
        return cls(public)

    @property
    def fingerprint(self) -> str:
        """Tell this key from another: the SHA-256 of its SubjectPublicKeyInfo (RFC 5280), in hex."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return sha256(self._public.public_bytes(serialization.Encoding.DER, form)).hexdigest()

    def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt a data key for whoever holds the private half and knows the context."""
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=context)
        return self._public.encrypt(plain, oaep)
