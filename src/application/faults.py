"""What may be told of an error that nobody expected: its kind and its place, and nothing that it says."""

import traceback
from types import TracebackType

from ports.errors import PortError, Unexpected


def place_of(trace: TracebackType | None) -> str:
    """Return where an exception was raised, `file:line` without folders; nothing that an exception says."""
    frames = traceback.extract_tb(trace, limit=-1)
    return f"{frames[0].filename.rpartition('/')[2]}:{frames[0].lineno}" if frames else ""


def described(error: Exception) -> str:
    """Return the code of a port's error, and of what nobody expects the kind and the place too.

    What has passed no adapter is a fault of the service itself, and told as one.
    """
    if not isinstance(error, PortError):
        return f"fault ({fault_of(error)})"
    return f"{error.code} ({fault_of(error.__cause__ or error)})" if isinstance(error, Unexpected) else error.code


def unexpected_in(error: PortError) -> BaseException | None:
    """Return what nobody expected of a driver, be it far behind an error; None where there is no such thing."""
    each: BaseException | None = error
    while each is not None and not isinstance(each, Unexpected):
        each = each.__cause__
    return each and (each.__cause__ or each)


def fault_of(error: BaseException) -> str:
    """Return the kind of an error and where it was raised; of a group, those of its first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} at {place_of(error.__traceback__)}"
