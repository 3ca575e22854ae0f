"""What changes records: each function is one call of the port, run by the writer inside a transaction."""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Final

from ports.errors import Conflict
from ports.rows import row_of
from ports.storage import ABSENT, Record, Ref, Row, Shipping

ERASED_AT_ONCE: Final = 200
"""How many records one transaction erases, so that others get their turn in between."""

# The columns and their order are queries.COLUMNS, which are those of a row.
_CREATE: Final = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE: Final = """
    UPDATE records SET rev = ?, body = ?, updated = ?, generation = ?, due = ?, shipping = ?
    WHERE tenant = ? AND kind = ? AND key = ? AND rev = ? AND body IS NOT NULL
"""
_REMOVE: Final = """
    DELETE FROM records
    WHERE tenant = ? AND kind = ? AND key = ? AND rev = ? AND body IS NOT NULL AND shipping = ?
"""
_BURY: Final = """
    UPDATE records SET rev = rev + 1, body = NULL, generation = 0, due = NULL, shipping = 0
    WHERE tenant = ? AND kind = ? AND key = ? AND rev = ? AND body IS NOT NULL
"""
_FORGET: Final = "DELETE FROM records WHERE tenant = ? AND kind = ? AND key = ? AND rev = ? AND body IS NULL"
_MARK: Final = """
    UPDATE records SET shipping = ?5 WHERE tenant = ?1 AND kind = ?2 AND key = ?3 AND rev = ?4 AND shipping IN (0, 3)
"""
_APPLY: Final = """
    INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, kind, key) DO UPDATE SET rev = excluded.rev, body = excluded.body,
        updated = excluded.updated, generation = excluded.generation, due = excluded.due, shipping = excluded.shipping
    WHERE excluded.rev > records.rev
"""
_APPLIED_AT_ONCE: Final = 500
"""How many rows one statement applies: it takes a fifth less than as many statements, and with more rows no less."""

_VALUES: Final = f"({', '.join('?' for _ in Row._fields)})"
_APPLY_MANY: Final = _APPLY.replace(_VALUES, ", ".join([_VALUES] * _APPLIED_AT_ONCE))
_ERASE: Final = """
    DELETE FROM records
    WHERE tenant = ?1 AND (kind, key) IN (SELECT kind, key FROM records WHERE tenant = ?1 LIMIT ?2)
"""


def put(connection: sqlite3.Connection, record: Record) -> None:
    """Store one record over the revision before it; raises Conflict having changed nothing."""
    row = row_of(record)
    if record.rev == ABSENT + 1:
        stored = connection.execute(_CREATE, row)
    else:
        stored = connection.execute(_REPLACE, (*row[3:], *record.ref, record.rev - 1))
    if not stored.rowcount:
        raise Conflict(record.ref)


def put_many(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Put in order; a Conflict ends it and leaves those before to be committed."""
    for record in records:
        put(connection, record)


def delete(connection: sqlite3.Connection, ref: Ref, rev: int) -> None:
    """Leave a tombstone, or nothing of what is never shipped; raises Conflict having changed nothing."""
    gone = connection.execute(_REMOVE, (*ref, rev, Shipping.NEVER)).rowcount
    if not gone and not connection.execute(_BURY, (*ref, rev)).rowcount:
        raise Conflict(ref)


def mark_shipped(connection: sqlite3.Connection, revisions: Sequence[tuple[Ref, int]]) -> None:
    """Note what is backed up and let go of tombstones, at exactly these revisions."""
    connection.executemany(_FORGET, [(*ref, rev) for ref, rev in revisions])
    connection.executemany(_MARK, [(*ref, rev, Shipping.DONE) for ref, rev in revisions])


def apply(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Store exactly what is given where its revision is higher."""
    for start in range(0, len(rows), _APPLIED_AT_ONCE):
        some = rows[start : start + _APPLIED_AT_ONCE]
        if len(some) == _APPLIED_AT_ONCE:
            connection.execute(_APPLY_MANY, tuple(chain.from_iterable(some)))
        else:
            connection.executemany(_APPLY, some)


def erase_some(connection: sqlite3.Connection, tenant: str) -> int:
    """Remove up to ERASED_AT_ONCE records or tombstones of the tenant; return how many."""
    return connection.execute(_ERASE, (tenant, ERASED_AT_ONCE)).rowcount


def vacuum(connection: sqlite3.Connection) -> None:
    """Write the file anew, outside of any transaction.

    `secure_delete` clears what is deleted, but copies of it stay in the unused parts of pages between which SQLite
    once moved it; only a file that is written anew holds nothing but what is stored.
    """
    connection.execute("VACUUM")


def truncate_log(connection: sqlite3.Connection) -> None:
    """Copy the write-ahead log into the file and cut it to nothing, outside of any transaction.

    Raises SQLite's BUSY where somebody still reads the log; the checkpoint itself says that in its row.
    """
    blocked, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if blocked:
        busy = sqlite3.OperationalError("the log is being read")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise busy
