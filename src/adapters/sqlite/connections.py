"""Connections that are durable, and can show it."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from adapters.sqlite.schema import VERSION, bring_up_to_date, pragma, recognise
from ports.errors import Unsupported

DURABLE: Final[dict[str, str | int]] = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
"""What every connection must have: 2 is FULL, so each commit is synced; 1 overwrites what is deleted with zeros."""

_PRIVATE: Final = 0o600

_MOMENT: Final = 0.05

# Beyond 4 MiB the log is copied into the file; a log that grew larger while a reader held it is cut back to 32.
_LOG_PAGES: Final = 1_000
_LOG_LIMIT: Final = 32 << 20


def create_private(path: Path) -> None:
    """Make the file, readable by its owner alone; the log and the shared memory take the same mode from it.

    A file that is there already is not opened: closing it would drop the locks that this process holds on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE))
    except FileExistsError:
        if path.is_file():
            path.chmod(_PRIVATE)
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def connect_writer(path: Path, deadline: float) -> sqlite3.Connection:
    """Return the connection that writes, having brought the schema up to date.

    Opening waits up to `deadline` seconds for locks; afterwards the connection waits for moments only, so that the
    writer can see in between whether anybody still wants its work.
    """
    connection = _connect(path, deadline)
    try:
        known = recognise(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        _make_durable(connection)
        if known < VERSION:
            bring_up_to_date(connection)
        _wait_for_locks(connection, _MOMENT)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, deadline: float, *, patience: float) -> sqlite3.Connection:
    """Return a connection that cannot write and, once it is open, waits `patience` seconds for locks."""
    connection = _connect(path, deadline)
    try:
        connection.execute("PRAGMA query_only = ON")
        _make_durable(connection)
        _wait_for_locks(connection, patience)
    except BaseException:
        connection.close()
        raise
    return connection


def durability(connection: sqlite3.Connection) -> dict[str, str | int]:
    """Return the connection's own values of what DURABLE demands."""
    return {name: pragma(connection, name) for name in DURABLE}


def _wait_for_locks(connection: sqlite3.Connection, seconds: float) -> None:
    """Set how long a statement waits for a lock that somebody else holds."""
    connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def _connect(path: Path, deadline: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=deadline, isolation_level=None, check_same_thread=False)
    # The first statement of all, so that nothing is ever deleted or synced in another way.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _make_durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    # Apple's fsync leaves the disk's own cache unwritten unless it is asked for more; elsewhere this changes nothing.
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")
    if durability(connection) != DURABLE:
        raise Unsupported("SQLite cannot be made durable here")
