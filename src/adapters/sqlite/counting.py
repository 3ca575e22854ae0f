"""Counts what a tenant has, stride by stride, so that no count is too long for a deadline."""

import sqlite3
from collections import Counter
from typing import Final, NamedTuple

STRIDE: Final = 5_000
"""How many records and tombstones are counted at once."""

_STRIDE: Final = """
    SELECT kind, key FROM records WHERE tenant = ?1 AND (kind, key) > (?2, ?3) ORDER BY kind, key LIMIT ?4
"""


class Place(NamedTuple):
    """Where a count has come to among a tenant's records."""

    kind: str
    key: str


FIRST: Final = Place("", "")
"""Precedes every record."""


def stride(connection: sqlite3.Connection, tenant: str, after: Place) -> tuple[Counter[str], Place | None]:
    """Count the next records by kind; return where to go on, None at the end."""
    rows = connection.execute(_STRIDE, (tenant, *after, STRIDE)).fetchall()
    counted = Counter(kind for kind, _ in rows)
    return counted, Place(*rows[-1]) if len(rows) == STRIDE else None
