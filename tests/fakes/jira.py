"""Jira's side in memory: keys that are fetched from nowhere, and tokens that nobody would sign."""

import hmac
import json
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import Unavailable


class FakeKeySource:
    """Answers with `documents`; `out` names the URL prefixes that do not answer, `asked` every URL in order."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self.documents = dict(documents)
        self.out: tuple[str, ...] = ()
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes | None:
        self.asked.append(url)
        if self.out and url.startswith(self.out):
            raise Unavailable("out")
        return self.documents.get(url)


@cache
def sandbox_keys(name: str = "atlassian") -> SandboxKeys:
    """Return the keys of that name; making one takes a while, so each is made once."""
    return SandboxKeys()


def segment(content: object) -> str:
    """Return one segment of a token."""
    return base64url_encode(json.dumps(content).encode()).decode()


def unsigned(claims: Mapping[str, object], key_id: str | None = None) -> str:
    """Return a token whose header says that it needs no signature."""
    header = {"alg": "none", "typ": "JWT"} if key_id is None else {"alg": "none", "kid": key_id}
    return f"{segment(header)}.{segment(claims)}.AA"


def confused(claims: Mapping[str, object], key_id: str, private: RSAPrivateKey) -> str:
    """Return a token that takes the public key for a shared secret, in the hope that the verifier does too."""
    content = f"{segment({'alg': 'HS256', 'kid': key_id})}.{segment(claims)}"
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = hmac.digest(pem, content.encode(), "sha256")
    return f"{content}.{base64url_encode(signature).decode()}"
