"""The driver's errors in the words of the ports. Messages carry the driver's name of the error and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from ports.edges import port_error_of
from ports.errors import Corrupt, DeadlineExceeded, InvalidArgument, PermissionDenied, PortError, ReadOnly, Unavailable

DUPLICATE_KEY: Final = 11000
"""The code of a write that would have stored a second document under one `_id`."""

# Codes: https://www.mongodb.com/docs/manual/reference/error-codes/; 8000 is what Atlas says of wrong credentials.
_MEANING: Final[dict[int, type[PortError]]] = {
    11: PermissionDenied,  # UserNotFound
    13: PermissionDenied,  # Unauthorized
    18: PermissionDenied,  # AuthenticationFailed
    33: PermissionDenied,  # KeyNotFound, of a credential
    334: PermissionDenied,  # MechanismUnavailable
    8000: PermissionDenied,  # AtlasError
    50: DeadlineExceeded,  # MaxTimeMSExpired
    64: DeadlineExceeded,  # WriteConcernTimeout
    262: DeadlineExceeded,  # ExceededTimeLimit
    10334: InvalidArgument,  # BSONObjectTooLarge
    14031: ReadOnly,  # OutOfDiskSpace
}


@asynccontextmanager
async def within(deadline: float) -> AsyncIterator[None]:
    """Give what happens inside `deadline` seconds, and let no error but a port's out of it.

    Raises DeadlineExceeded when the time is over, and in the place of each driver error the port's error that it means.
    """
    try:
        async with asyncio.timeout(deadline):
            yield
    except TimeoutError as error:
        raise DeadlineExceeded("the store took longer than its deadline") from error
    except PortError:
        raise
    except Exception as error:
        raise translated(error) from error


def translated(error: Exception) -> PortError:
    """Return what the error is to the core; one of the driver's that is not listed means that nobody was reached."""
    if not isinstance(error, (PyMongoError, BSONError)):
        return port_error_of(error)
    return _meaning(error)(_name(error))


def refused_at(error: BulkWriteError) -> int | None:
    """Return the position of the write at which a batch ended because its place is taken; None if it ended otherwise.

    Where the engine could not say that the writes before are safe on a majority, the batch's outcome is unknown.
    """
    details: Mapping[str, Any] = error.details
    failures = details.get("writeErrors", ())
    if details.get("writeConcernErrors") or not failures or failures[0].get("code") != DUPLICATE_KEY:
        return None
    position: int = failures[0]["index"]
    return position


def _meaning(error: Exception) -> type[PortError]:
    if isinstance(error, DocumentTooLarge):
        return InvalidArgument
    if isinstance(error, BSONError):
        return Corrupt
    if (known := _MEANING.get(_code(error))) is not None:
        return known
    timed_out = isinstance(error, PyMongoError) and error.timeout
    return DeadlineExceeded if timed_out and not isinstance(error, ServerSelectionTimeoutError) else Unavailable


def _code(error: Exception) -> int:
    if isinstance(error, BulkWriteError):
        failures = [*error.details.get("writeErrors", ()), *error.details.get("writeConcernErrors", ())]
        return int(failures[0].get("code", 0)) if failures else 0
    return (error.code or 0) if isinstance(error, OperationFailure) else 0


def _name(error: Exception) -> str:
    code = _code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
