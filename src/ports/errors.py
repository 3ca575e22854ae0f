"""What can go wrong outside the core, in about ten words that every adapter speaks.

An adapter maps its driver's errors to these at its edge, `from` the cause; no driver type passes a port.
"""

from typing import ClassVar


class PortError(Exception):
    """Something outside the core did not do what was asked; `code` is stable and fit for logs and metrics."""

    code: ClassVar[str]


class NotFound(PortError):
    """What was asked for is not there."""

    code = "not-found"


class AlreadyExists(PortError):
    """The name is taken, and it was to be free."""

    code = "already-exists"


class Conflict(PortError):
    """Somebody else wrote first: the expected revision is not the stored one.

    `about` is what the conflict is about: the record's `Ref`, or the blob's name.
    """

    code = "conflict"

    def __init__(self, about: object) -> None:
        super().__init__(about)
        self.about = about


class InvalidArgument(PortError):
    """The call can never succeed as it was made."""

    code = "invalid-argument"


class PermissionDenied(PortError):
    """The service's identity lacks a permission."""

    code = "permission-denied"


class Unavailable(PortError):
    """The other side could not be reached or asked for patience.

    The outcome of a write that ends so is unknown: read again before writing again.
    """

    code = "unavailable"


class DeadlineExceeded(Unavailable):
    """No answer came within the deadline; the outcome of a write is unknown."""

    code = "deadline-exceeded"


class Unexpected(Unavailable):
    """A driver raised what its adapter does not know; the cause is that error. See `ports.edges`."""


class Corrupt(PortError):
    """Bytes came back that are not what was stored, or were sealed for another purpose."""

    code = "corrupt"


class ReadOnly(PortError):
    """The other side takes no writes for now."""

    code = "read-only"


class Unsupported(PortError):
    """The adapter has declared that it lacks this capability."""

    code = "unsupported"
