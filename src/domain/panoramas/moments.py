"""Times as whole microseconds since 1970, which take eight bytes in a column."""

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.panoramas.broken import BrokenStream

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000
_SECOND: Final = 1_000_000


def to_microseconds(moment: datetime) -> int:
    """Return how long after 1970 `moment` is. Raises BrokenStream if it has no time zone."""
    if moment.tzinfo is None:
        raise BrokenStream("a time without a zone")
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def to_moment(microseconds: int) -> datetime:
    """Return the time in UTC that is so long after 1970; raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=microseconds)
