"""Whether a token is signed with a key, by the algorithm that its route demands."""

from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWS
from jwt.exceptions import PyJWTError
from jwt.utils import base64url_decode

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


def keys_from_set(document: bytes) -> dict[str, RSAPublicKey]:
    """Return the RSA keys of a key set (RFC 7517) by their ids; raises Refused for what is no set, or has none."""
    try:
        published = msgspec.json.decode(document, type=_PublishedSet).keys
        found = {key.kid: key.rsa() for key in published if key.kid and key.kty == "RSA" and key.use == "sig"}
    except (ValueError, RecursionError) as exc:
        raise Refused(Reason.KEY_SERVER) from exc
    strong = {key_id: key for key_id, key in found.items() if key.key_size >= KEY_BITS}
    if not strong:
        raise Refused(Reason.KEY_SERVER)
    return strong


class _PublishedKey(msgspec.Struct, frozen=True):
    """The members of RFC 7518, section 6.3.1, and what every key has."""

    kty: str
    kid: str = ""
    use: str = "sig"
    n: str = ""
    e: str = ""

    def rsa(self) -> RSAPublicKey:
        exponent, modulus = (int.from_bytes(base64url_decode(number)) for number in (self.e, self.n))
        return RSAPublicNumbers(exponent, modulus).public_key()


class _PublishedSet(msgspec.Struct, frozen=True):
    keys: list[_PublishedKey]


def _payload(token: str, key: RSAPublicKey | str, algorithm: str) -> bytes:
    try:
        payload: bytes = PyJWS(algorithms=[algorithm]).decode(token, key, algorithms=[algorithm])
    except (PyJWTError, ValueError, RecursionError) as exc:
        raise Refused(Reason.SIGNATURE) from exc
    return payload
