"""What asks for records: each function makes one call of the port a query."""

from datetime import datetime
from typing import Final, NamedTuple

from domain.moments import milliseconds
from ports.storage import Ref, Shipping

COLUMNS: Final = "tenant, kind, key, rev, body, updated, generation, due, shipping"
"""Those of a `Row`, in its order."""

WAITING: Final = f"({Shipping.PENDING:d}, {Shipping.RESEALED:d})"
"""What stands in the column `shipping` of whatever still has to reach the backups, as a list of SQL."""

SMALL_BODY: Final = 16 << 10
"""The largest body in bytes that is read on the event loop."""

_SMALL_COLUMNS: Final = COLUMNS.replace("body", f"CASE WHEN length(body) > {SMALL_BODY} THEN 0 ELSE body END")

# Every character of a key lies between these two, so a bound that ends in one precedes or follows all that share it.
_BELOW_ALL: Final = " "
_ABOVE_ALL: Final = "\x7f"


class Query(NamedTuple):
    """A selection of records in an order."""

    condition: str
    values: tuple[str | int, ...]
    limit: int

    def text(self) -> str:
        """Return the statement that reads all that is asked for."""
        return self._selecting(COLUMNS)

    def small_text(self) -> str:
        """Return the statement that gives 0 in place of each larger body, and does not read it from the file."""
        return self._selecting(_SMALL_COLUMNS)

    def _selecting(self, columns: str) -> str:
        # What was asked for is bound; the condition is one of the phrases below.
        return f"SELECT {columns} FROM records WHERE {self.condition} LIMIT {self.limit:d}"  # noqa: S608 - fixed phrases


def one(ref: Ref) -> Query:
    """The record under a reference, unless it is a tombstone."""
    return Query("tenant = ? AND kind = ? AND key = ? AND body IS NOT NULL", ref, 1)


def page(scope: tuple[str, str], prefix: str, after: str | None, limit: int, *, reverse: bool) -> Query:
    """A page of the live records of one tenant and kind, in key order, beyond `after`."""
    first, last = prefix, prefix + _ABOVE_ALL
    if after is not None and reverse:
        last = min(last, after)
    elif after is not None:
        first = max(first, after + _BELOW_ALL)
    order = "DESC" if reverse else "ASC"
    condition = f"tenant = ? AND kind = ? AND key >= ? AND key < ? AND body IS NOT NULL ORDER BY key {order}"
    return Query(condition, (*scope, first, last), limit)


def due(kind: str, before: datetime, limit: int) -> Query:
    """The live records of one kind whose time has come, soonest first."""
    condition = "kind = ? AND due IS NOT NULL AND due <= ? AND body IS NOT NULL ORDER BY due, tenant, key"
    return Query(condition, (kind, milliseconds(before)), limit)


def unshipped(limit: int) -> Query:
    """The records and tombstones that wait for the backups: what is new, then what is re-sealed, each by its time."""
    return Query(f"shipping IN {WAITING} ORDER BY shipping, updated, tenant, kind, key", (), limit)


def sealed_below(tenant: str, generation: int, limit: int) -> Query:
    """The live records of a tenant under older generations."""
    return Query("tenant = ? AND generation > 0 AND generation < ? AND body IS NOT NULL", (tenant, generation), limit)
