"""Records as rows and back. Times are whole milliseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ports.storage import Record, Ref, Shipping

COLUMNS: Final = "tenant, kind, key, rev, body, updated, generation, due, shipping"

WAITING: Final = f"({Shipping.PENDING:d}, {Shipping.RESEALED:d})"
"""What stands in the column `shipping` of whatever still has to reach the backups, as a list of SQL."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SHIPPING: Final = tuple(Shipping)


def to_row(record: Record) -> tuple[object, ...]:
    """Return the record's values in the order of COLUMNS."""
    due = None if record.due is None else milliseconds(record.due)
    return (
        *record.ref,
        record.rev,
        record.body,
        milliseconds(record.updated),
        record.generation,
        due,
        int(record.shipping),
    )


def to_record(row: tuple[Any, ...]) -> Record:
    """Return the record of a row in the order of COLUMNS."""
    tenant, kind, key, rev, body, updated, generation, due, shipping = row
    return Record(
        Ref(tenant, kind, key),
        rev,
        body,
        _EPOCH + updated * _MILLISECOND,
        generation,
        None if due is None else _EPOCH + due * _MILLISECOND,
        _SHIPPING[shipping],
    )


def milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds from 1970 to the moment."""
    return (moment - _EPOCH) // _MILLISECOND
