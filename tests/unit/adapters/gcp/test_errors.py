"""Google's errors in the words of the ports."""

import pytest
import requests
from google.api_core import exceptions as google
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from urllib3.exceptions import ProtocolError

from adapters.gcp.errors import Throttled, mapped, translated
from ports.errors import (
    AlreadyExists,
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
    Unexpected,
)

SECRET = "projects/account-123/secrets/hunter2"


def _answer(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


MEANINGS: list[tuple[Exception, type[PortError]]] = [
    (google.Unauthenticated(SECRET), PermissionDenied),
    (google.PermissionDenied(SECRET), PermissionDenied),
    (google.NotFound(SECRET), NotFound),
    (google.FailedPrecondition(SECRET), NotFound),
    (google.AlreadyExists(SECRET), AlreadyExists),
    (google.InvalidArgument(SECRET), InvalidArgument),
    (google.ResourceExhausted(SECRET), Throttled),
    (google.Cancelled(SECRET), Unavailable),
    (google.ServiceUnavailable(SECRET), Unavailable),
    (google.InternalServerError(SECRET), Unavailable),
    (google.Unknown(SECRET), Unavailable),
    (google.DeadlineExceeded(SECRET), DeadlineExceeded),
    (google.RetryError(SECRET, cause=OSError()), Unavailable),
    (InvalidResponse(_answer(404), SECRET), NotFound),
    (InvalidResponse(_answer(503), SECRET), Unavailable),
    (DataCorruption(_answer(200), SECRET), Corrupt),
    (requests.ReadTimeout(SECRET), DeadlineExceeded),
    (requests.ConnectionError(SECRET), Unavailable),
    (ProtocolError(SECRET), Unavailable),
    (ConnectionResetError(SECRET), Unavailable),
    (DefaultCredentialsError(SECRET), PermissionDenied),
    (RefreshError(SECRET, retryable=False), PermissionDenied),
    (RefreshError(SECRET, retryable=True), Unavailable),
    (TransportError(SECRET), Unavailable),
]


@pytest.mark.parametrize(("error", "meaning"), MEANINGS, ids=lambda part: getattr(part, "__name__", repr(part)[:30]))
def test_each_error_has_a_meaning(error: Exception, meaning: type[PortError]) -> None:
    """The core hears one of its own words, and nothing of what the library's text holds."""
    told = translated(error)
    assert type(told) is meaning
    assert SECRET not in str(told)


def test_no_library_error_passes() -> None:
    """What is raised is the port's error, with its cause; one that no library should raise is told as such."""
    cause = google.NotFound(SECRET)
    with pytest.raises(NotFound) as raised, mapped():
        raise cause
    assert raised.value.__cause__ is cause
    with pytest.raises(Unexpected) as raised_unexpectedly, mapped():
        raise ZeroDivisionError(SECRET)
    assert isinstance(raised_unexpectedly.value.__cause__, ZeroDivisionError)
    assert SECRET not in str(raised_unexpectedly.value)
