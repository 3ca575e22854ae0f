"""Moments as whole milliseconds since 1970, as records, leases and extended JSON have them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

# Records are read and written by the thousand, and those of one change have one moment.
_REMEMBERED: Final = 4_096


@lru_cache(_REMEMBERED)
def milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds from 1970 to the moment."""
    return (moment - _EPOCH) // _MILLISECOND


@lru_cache(_REMEMBERED)
def moment_at(milliseconds: int) -> datetime:
    """Return the moment in UTC that is so many milliseconds after 1970; raises OverflowError beyond the year 9999."""
    return _EPOCH + milliseconds * _MILLISECOND
