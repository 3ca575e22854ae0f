"""What Google's client libraries raise, in the words of the ports.

By class and status alone: the libraries' own texts hold names of objects, keys and accounts.
Statuses: https://cloud.google.com/apis/design/errors and https://cloud.google.com/storage/docs/json_api/v1/status-codes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import requests
from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError, GoogleAPIError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from urllib3.exceptions import HTTPError

from ports.edges import port_error_of
from ports.errors import (
    AlreadyExists,
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
)


class Throttled(Unavailable):
    """The other side did nothing, because it has too much to do: whatever it was may be asked again."""


_MEANING: Final[dict[int, type[PortError]]] = {
    HTTPStatus.UNAUTHORIZED: PermissionDenied,
    HTTPStatus.FORBIDDEN: PermissionDenied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: AlreadyExists,
    HTTPStatus.REQUEST_TIMEOUT: Unavailable,
    HTTPStatus.GONE: Unavailable,  # What is gone is a session of the service's own; another can be begun.
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
    HTTPStatus.GATEWAY_TIMEOUT: DeadlineExceeded,
    499: Unavailable,  # Cancelled by the other side.
}


def meaning(status: int) -> PortError:
    """Return what an HTTP status is to the core."""
    otherwise = InvalidArgument if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR else Unavailable
    return _MEANING.get(status, otherwise)(f"Google Cloud answers {status}")


def translated(error: Exception) -> PortError:
    """Return what a library's error is to the core; one of its own that is not listed means that nobody was asked."""
    match error:
        case FailedPrecondition():
            found: PortError = NotFound("Google Cloud answers that what was asked for is disabled or destroyed")
        case GoogleAPICallError():
            found = meaning(error.code or HTTPStatus.SERVICE_UNAVAILABLE)
        case DataCorruption():
            found = Corrupt("Google Cloud answers with another checksum")
        case InvalidResponse():
            found = meaning(error.response.status_code)
        case requests.Timeout():
            found = DeadlineExceeded("Google Cloud does not answer in time")
        case DefaultCredentialsError() | RefreshError(retryable=False):
            found = PermissionDenied("Google Cloud has no credentials for this process, or takes them no more")
        case GoogleAPIError() | GoogleAuthError() | HTTPError() | OSError():
            # requests.RequestException is an OSError.
            found = Unavailable(f"Google Cloud cannot be reached ({type(error).__name__})")
        case _:
            found = port_error_of(error)
    return found


@contextmanager
def mapped() -> Iterator[None]:
    """Let no error but a port's through: each leaves as the port's error that it means."""
    try:
        yield
    except PortError:
        raise
    except Exception as error:
        raise translated(error) from error
