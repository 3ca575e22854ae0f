"""Whether a token is signed with a key, by the algorithm that its route demands."""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from entrypoints.http.tokens.requests import Reason, Refused

RS256: Final = "RS256"
HS256: Final = "HS256"
KEY_BITS: Final = 2048
"""The smallest RSA key that is believed."""


def payload_signed_by_key(token: str, key: RSAPublicKey) -> bytes:
    """Return the payload of a token that was signed with RS256; raises Refused."""
    return _payload(token, key, RS256)


def payload_signed_by_secret(token: str, secret: str) -> bytes | None:
    """Return the payload of a token that was signed with HS256 and this secret, None for any other token."""
    try:
        return _payload(token, secret, HS256)
    except Refused:
        return None


def key_from_pem(pem: bytes) -> RSAPublicKey:
    """Return the RSA key; raises Refused for anything that is none."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise Refused(Reason.KEY_UNKNOWN) from exc
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS:
        raise Refused(Reason.KEY_UNKNOWN)
    return key


def _payload(token: str, key: RSAPublicKey | str, algorithm: str) -> bytes:
    try:
        payload: bytes = PyJWS(algorithms=[algorithm]).decode(token, key, algorithms=[algorithm])
    except (PyJWTError, ValueError, RecursionError) as exc:
        raise Refused(Reason.SIGNATURE) from exc
    return payload
