"""Reads a page of everything, and steps over what nobody wants without reading it."""

import sqlite3
from contextlib import closing
from typing import Any, Final

from adapters.sqlite.queries import COLUMNS
from ports.rows import row_from
from ports.storage import Ref, Row

# One text for every page, so that it is compiled once: there is a step for every kind of every tenant that is left out.
_BEYOND: Final = f"""
    SELECT {COLUMNS} FROM records
    WHERE (tenant, kind, key) > (?, ?, ?) AND body IS NOT NULL
    ORDER BY tenant, kind, key LIMIT ?
"""  # noqa: S608 - the columns are a phrase of `queries`, and what was asked for is bound

_FIRST: Final = Ref("", "", "")
"""Precedes every reference."""

_LAST: Final = "\x7f"
"""Follows every key."""


def page(connection: sqlite3.Connection, limit: int, after: Ref | None, without: frozenset[str]) -> list[Row]:
    """Return up to `limit` live records beyond `after`; the first of an unwanted kind leads beyond its last."""
    found: list[Row] = []
    place: Ref | None = after or _FIRST
    while place is not None:
        with closing(connection.execute(_BEYOND, (*place, limit - len(found)))) as rows:
            place = _take(rows, without, found)
    return found


def _take(rows: sqlite3.Cursor, without: frozenset[str], found: list[Row]) -> Ref | None:
    """Add what is wanted to what was found; return where to go on, None where there is nothing more to read."""
    row: tuple[Any, ...]
    for row in rows:
        if row[1] in without:
            return Ref(row[0], row[1], _LAST)
        found.append(row_from(row))
    return None
