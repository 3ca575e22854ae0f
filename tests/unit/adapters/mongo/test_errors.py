"""What the driver's errors are to the core."""

import asyncio

import pytest
from bson.errors import InvalidBSON
from pymongo import errors as driver

from adapters.mongo.errors import refused_at, translated, within
from ports.errors import (
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    PermissionDenied,
    PortError,
    ReadOnly,
    Unavailable,
)

SECRET = "what a customer wrote"


def bulk(*codes: int, concerns: tuple[int, ...] = ()) -> driver.BulkWriteError:
    """Return what the driver raises for a batch."""
    failures = [{"index": 3 + place, "code": code, "errmsg": SECRET} for place, code in enumerate(codes)]
    return driver.BulkWriteError({"writeErrors": failures, "writeConcernErrors": [{"code": code} for code in concerns]})


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (driver.AutoReconnect(SECRET), Unavailable),
        (driver.NotPrimaryError(SECRET), Unavailable),
        (driver.ServerSelectionTimeoutError(SECRET), Unavailable),
        (driver.InvalidOperation(SECRET), Unavailable),
        (driver.OperationFailure(SECRET, 91), Unavailable),
        (driver.OperationFailure(SECRET), Unavailable),
        (driver.NetworkTimeout(SECRET), DeadlineExceeded),
        (driver.ExecutionTimeout(SECRET, 50), DeadlineExceeded),
        (driver.WTimeoutError(SECRET, 64), DeadlineExceeded),
        (driver.OperationFailure(SECRET, 13), PermissionDenied),
        (driver.OperationFailure(SECRET, 18), PermissionDenied),
        (driver.OperationFailure(SECRET, 8000), PermissionDenied),
        (driver.OperationFailure(SECRET, 14031), ReadOnly),
        (driver.DocumentTooLarge(SECRET), InvalidArgument),
        (InvalidBSON(SECRET), Corrupt),
        (bulk(14031), ReadOnly),
        (bulk(concerns=(64,)), DeadlineExceeded),
        (bulk(), Unavailable),
    ],
)
def test_every_error_has_a_meaning(error: Exception, meaning: type[PortError]) -> None:
    """An error is told in the port's words, and nothing of what the server said is in it."""
    told = translated(error)
    assert type(told) is meaning
    assert SECRET not in str(told)
    assert str(told)


def test_a_batch_tells_where_it_ended() -> None:
    """A place that is taken ends a batch there; anything else leaves its outcome unknown."""
    assert refused_at(bulk(11000)) == 3
    assert refused_at(bulk(50)) is None
    assert refused_at(bulk(11000, concerns=(64,))) is None
    assert refused_at(bulk(concerns=(64,))) is None


async def test_nothing_takes_longer_than_its_deadline() -> None:
    """What waits for ever is ended, as DeadlineExceeded."""
    with pytest.raises(DeadlineExceeded):
        async with within(0.01):
            await asyncio.Event().wait()


async def test_errors_leave_as_the_ports() -> None:
    """A driver's error is kept as the cause."""
    with pytest.raises(Unavailable) as told:
        async with within(1):
            raise driver.AutoReconnect(SECRET)
    assert isinstance(told.value.__cause__, driver.AutoReconnect)
