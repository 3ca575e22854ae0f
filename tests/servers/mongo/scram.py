"""SCRAM-SHA-256 as a server speaks it: RFC 5802 and RFC 7677."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, Protocol, TypeAlias

from tests.servers.mongo.errors import wrong_credentials


class Who(NamedTuple):
    """Somebody who comes in: users are kept in databases."""

    database: str
    name: str


class Credentials(Protocol):
    """Who may come in, and what can be said of their passwords without knowing them."""

    async def salt(self, who: Who) -> tuple[str, int]:
        """Return the salt, in base 64, and the number of iterations; raises Refused for an unknown user."""

    async def signature(self, who: Who, exchange: str, proof: str) -> str:
        """Return the server's signature of the exchange for the right proof; raises Refused for another."""


Nonce: TypeAlias = Callable[[], str]
Answer: TypeAlias = tuple[bytes, bool]


class Conversation:
    """One attempt to come in; `user` is somebody once it has succeeded."""

    def __init__(self, credentials: Credentials, database: str, nonce: Nonce) -> None:
        self.user: Who | None = None
        self._database = database
        self._credentials = credentials
        self._nonce = nonce
        self._next: Callable[[str], Awaitable[Answer]] = self._first

    async def hear(self, payload: bytes) -> Answer:
        """Return what to answer and whether that is all; raises Refused."""
        return await self._next(payload.decode())

    async def _first(self, message: str) -> Answer:
        self._client_first = message.removeprefix("n,,")
        said = _attributes(self._client_first)
        self._claimed = Who(self._database, said["n"].replace("=2C", ",").replace("=3D", "="))
        salt, iterations = await self._credentials.salt(self._claimed)
        self._agreed = said["r"] + self._nonce()
        self._server_first = f"r={self._agreed},s={salt},i={iterations}"
        self._next = self._final
        return self._server_first.encode(), False

    async def _final(self, message: str) -> Answer:
        without_proof, _, proof = message.rpartition(",p=")
        if _attributes(without_proof).get("r") != self._agreed:
            raise wrong_credentials()
        exchange = f"{self._client_first},{self._server_first},{without_proof}"
        signature = await self._credentials.signature(self._claimed, exchange, proof)
        self._next = self._over
        self.user = self._claimed
        return f"v={signature}".encode(), False

    async def _over(self, message: str) -> Answer:
        return b"", True


SALT: Final = b"the salt of tests"
ITERATIONS: Final = 4096


def signed(password: str, exchange: str, proof: str) -> str:
    """Return the server's signature of the exchange if the proof shows that its maker knows the password.

    Raises Refused.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, ITERATIONS)
    client_key = _mac(salted, b"Client Key")
    expected = _mac(hashlib.sha256(client_key).digest(), exchange.encode())
    given = bytes(left ^ right for left, right in zip(base64.b64decode(proof), expected, strict=True))
    if not hmac.compare_digest(given, client_key):
        raise wrong_credentials()
    return base64.b64encode(_mac(_mac(salted, b"Server Key"), exchange.encode())).decode()


def _attributes(message: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in message.split(","))
    return {name: value for name, _, value in pairs}


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")
