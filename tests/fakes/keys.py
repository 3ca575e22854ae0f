"""A key manager in memory, for tests of what stands above the port."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ports.edges import port_error_of
from ports.errors import Corrupt, NotFound, PortError
from ports.key_checks import check_context, check_plain
from ports.keys import Capability, KeyState

_NONCE = 12
_VERSION = 4


class FakeKeyManager:
    """Wraps with AES-256-GCM under keys that follow from its name and version, so that two runs agree.

    `failure`, while it is set, is what every call raises. `calls` counts the calls of each method.
    """

    capabilities = frozenset({Capability.REWRAP_WITHOUT_PLAINTEXT})

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.failure: PortError | None = None
        self.broken: Iterator[Exception] | None = None
        """What a driver would raise, call by call."""

        self.destroyed = False
        self.disabled = False
        self.calls = {"wrap": 0, "unwrap": 0, "rewrap": 0, "describe": 0}
        self.closed = False
        self._version = 1
        self._made: datetime | None = datetime(2026, 1, 1, tzinfo=UTC)
        self._nonces = count()

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt a data key under the newest version."""
        self._answer("wrap")
        return self._wrap(plain, context)

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        """Decrypt a wrap of any version."""
        self._answer("unwrap")
        return self._unwrap(wrap, context)

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        """Wrap the same key under the newest version."""
        self._answer("rewrap")
        return self._wrap(self._unwrap(wrap, context), context)

    async def describe(self) -> KeyState:
        """Return the newest version."""
        self._answer("describe")
        return KeyState(str(self._version), self._made, None)

    async def close(self) -> None:
        """Note that nobody needs it any more."""
        self.closed = True

    @property
    def version(self) -> bytes:
        """What each wrap of the newest version begins with."""
        return self._version.to_bytes(_VERSION, "big")

    def rotate(self, at: datetime | None = None) -> None:
        """Make a new version, as a provider does on its own schedule, and tell when that was, if at all."""
        self._version += 1
        self._made = at

    def _break(self, error: Exception) -> NoReturn:
        raise port_error_of(error) from error

    def _answer(self, method: str) -> None:
        self.calls[method] += 1
        if self.broken is not None:
            self._break(next(self.broken))
        if self.failure is not None:
            raise self.failure
        if self.destroyed or self.disabled:
            raise NotFound("the wrapping key is disabled or destroyed")

    def _wrap(self, plain: bytes, context: bytes) -> bytes:
        check_plain(plain)
        check_context(context)
        nonce = self._nonce()
        return self.version + nonce + self._cipher(self.version).encrypt(nonce, plain, context)

    def _unwrap(self, wrap: bytes, context: bytes) -> bytes:
        check_context(context)
        version, nonce, sealed = wrap[:_VERSION], wrap[_VERSION : _VERSION + _NONCE], wrap[_VERSION + _NONCE :]
        try:
            return self._cipher(version).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError) as exc:
            raise Corrupt("the wrap does not open") from exc

    def _cipher(self, version: bytes) -> AESGCM:
        return AESGCM(sha256(self._seed() + version).digest())

    def _seed(self) -> bytes:
        return self.name.encode()

    def _nonce(self) -> bytes:
        return next(self._nonces).to_bytes(_NONCE, "big")
