"""Records as rows and back. Times are whole milliseconds since 1970."""

from typing import Any, Final

from domain.moments import milliseconds, moment_at
from ports.storage import Record, Ref, Shipping

COLUMNS: Final = "tenant, kind, key, rev, body, updated, generation, due, shipping"

WAITING: Final = f"({Shipping.PENDING:d}, {Shipping.RESEALED:d})"
"""What stands in the column `shipping` of whatever still has to reach the backups, as a list of SQL."""

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
        moment_at(updated),
        generation,
        None if due is None else moment_at(due),
        _SHIPPING[shipping],
    )
