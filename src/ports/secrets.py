"""The secrets port: small named values with versions, kept by somebody whose business that is."""

from datetime import datetime
from enum import Enum
from typing import Final, Protocol

import msgspec

NAME_LIMIT: Final = 128
"""The longest name, in characters: ASCII letters, digits, `_` and `-`."""

VALUE_LIMIT: Final = 65_536
"""The largest value in bytes; the smallest is one."""


class Capability(Enum):
    """What secret stores differ in; the contract suite proves each declared present and each declared absent."""

    KEEPS_OLDER_VERSIONS = "a version stays readable until it is destroyed, however many newer ones there are"
    DESTROYS_AT_ONCE = "nobody can bring back a version once destroy has returned"


class State(Enum):
    """What has become of a version."""

    READABLE = "readable"
    WITHHELD = "withheld"
    """Not readable, though the provider still holds the bytes: disabled, or waiting for its destruction."""

    DESTROYED = "destroyed"
    """The provider has given up the bytes."""


class Secret(msgspec.Struct, frozen=True):
    """One version of a secret."""

    version: str
    value: bytes

    def __repr__(self) -> str:
        """Leave out the value, so that no log and no traceback holds it."""
        return f"Secret(version={self.version!r})"


class Version(msgspec.Struct, frozen=True):
    """What a store says of a version without reading it."""

    version: str
    """Opaque; no two versions of a secret ever have the same."""

    state: State
    created: datetime
    newest: bool
    """Whether it is the one that `get` returns when it is asked for none in particular."""


class SecretStore(Protocol):
    """Named secrets, each with versions: whoever changes one puts a new version, and readers follow in their own time.

    The newest version and the one before it stay readable until they are destroyed; older ones too, but where
    Capability.KEEPS_OLDER_VERSIONS is lacking they may be withheld.

    Every call raises Unavailable or DeadlineExceeded when the provider cannot be reached in time, after which the
    outcome of a write is unknown; PermissionDenied when it refuses this identity; InvalidArgument for a name or value
    outside the limits above. No error names a secret or holds a piece of a value.
    """

    capabilities: frozenset[Capability]

    async def get(self, name: str, version: str | None = None) -> Secret:
        """Return the newest version, or that very one.

        Raises NotFound where there is no such secret or version, and where the version is not readable; Corrupt where
        its bytes are not what was put.
        """

    async def put(self, name: str, value: bytes) -> str:
        """Make `value` the newest version of the secret, which is made if need be, and return the version.

        Of several puts at once, each makes a version of its own and the last to be taken is the newest. Repeated after
        an unknown outcome, it may make a version too many, which does no harm.
        """

    async def versions(self, name: str) -> list[Version]:
        """Return every version, the newest first, then by age; those destroyed as long as the provider knows of them.

        Raises NotFound where there is no such secret.
        """

    async def destroy(self, name: str, version: str) -> None:
        """Have the version destroyed: it is not readable from now on, at the latest in the provider's time gone.

        Again is the same as once, as long as the provider knows of the version; of several calls at once none is
        refused. An adapter that repeats a request after a lost answer reports what its first request did as done.
        Raises NotFound where there is no such secret or version, InvalidArgument for the newest: it is in use until
        another has been put.
        """

    async def check(self) -> None:
        """Return when the store answers; raise Unavailable or PermissionDenied with the cause otherwise."""

    async def close(self) -> None:
        """Give up all connections; the object is of no further use."""
