"""The key management port: somebody outside who wraps data keys and never shows the key that wraps them."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

import msgspec


class Capability(Enum):
    """What key managers differ in."""

    REWRAP_WITHOUT_PLAINTEXT = "rewrap does not show the data key to this process"
    ROTATES_BY_ITSELF = "the provider makes new key versions on a schedule"


class KeyState(msgspec.Struct, frozen=True):
    """What a provider says of its wrapping key."""

    primary: str
    """The version that new wraps are made with."""

    created: datetime | None
    """When that version was made, where the provider tells."""

    rotation: timedelta | None
    """How often the provider rotates it by itself, None if it does not."""


class KeyManager(Protocol):
    """Wraps and unwraps data keys of 32 bytes.

    `context` (printable ASCII, at most 512 bytes) is bound into each wrap: another context does not open it.
    Every call raises Unavailable or DeadlineExceeded when the provider cannot be reached in time (never Corrupt
    for that), PermissionDenied when it refuses this identity, NotFound when the wrapping key is unknown, disabled
    or destroyed, InvalidArgument for a plain key or context outside the limits.
    """

    name: str
    """Stands beside each wrap in the vault and never changes for one wrapping key; no secret in it."""

    capabilities: frozenset[Capability]
    """ROTATES_BY_ITSELF where the last `describe` that was answered has told of a schedule."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt a data key; two wraps of the same key differ."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        """Return the data key; raises Corrupt for a wrap that is damaged, foreign or of another context."""

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        """Return the same data key wrapped under the provider's newest key version; raises Corrupt likewise."""

    async def describe(self) -> KeyState:
        """Return what the provider says of the wrapping key; raises InvalidArgument too, for one that cannot wrap."""

    async def close(self) -> None:
        """Give up all connections; the object is of no further use."""
