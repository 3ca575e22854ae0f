"""The recovery key wraps for whoever holds its private half, and only long RSA keys are taken."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from application.keys.recovery import LEAST_BITS, RecoveryKey
from ports.errors import InvalidArgument

PLAIN = bytes(range(32))


def pem_of(public: PublicKeyTypes) -> bytes:
    """A public key as it is handed over."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_the_private_half_opens_what_was_wrapped() -> None:
    """With RSA-OAEP, SHA-256 and the context as label, as any tool can."""
    private = rsa.generate_private_key(65537, LEAST_BITS)
    key = RecoveryKey.from_pem(pem_of(private.public_key()))
    wrap = key.wrap(PLAIN, b"context")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"context")
    assert private.decrypt(wrap, oaep) == PLAIN
    assert key.wrap(PLAIN, b"context") != wrap
    with pytest.raises(ValueError, match="Decryption failed"):
        private.decrypt(wrap, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"another"))


def test_other_keys_are_refused() -> None:
    """A key that is too short, of another kind, or none at all."""
    short = rsa.generate_private_key(65537, 2048).public_key()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    for pem in (pem_of(short), pem_of(curve), b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(InvalidArgument):
            RecoveryKey.from_pem(pem)
