"""SQLite's result codes in the words of the ports. Messages carry SQLite's name of the code and nothing else."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ports.edges import port_error_of
from ports.errors import Corrupt, PortError, ReadOnly, Unavailable

# The low byte of an extended result code is the primary one: https://sqlite.org/rescode.html
_PRIMARY: Final = 0xFF

_MEANING: Final[dict[int, type[PortError]]] = {
    sqlite3.SQLITE_CORRUPT: Corrupt,
    sqlite3.SQLITE_NOTADB: Corrupt,
    sqlite3.SQLITE_READONLY: ReadOnly,
    sqlite3.SQLITE_FULL: ReadOnly,
}

_PASSING: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


def translated(error: Exception) -> PortError:
    """Return what the error is to the core; one of SQLite's that is not listed means that it cannot be reached."""
    if not isinstance(error, sqlite3.Error):
        return port_error_of(error)
    return _MEANING.get(_code(error), Unavailable)(getattr(error, "sqlite_errorname", "the store is closed"))


def passing(error: Exception) -> bool:
    """Whether somebody else merely holds a lock, so that the same call can succeed in a moment."""
    return _code(error) in _PASSING


def interrupted(error: sqlite3.Error) -> bool:
    """Whether this process itself stopped the statement."""
    return _code(error) == sqlite3.SQLITE_INTERRUPT


@contextmanager
def mapped() -> Iterator[None]:
    """Let no error but a port's through: each leaves as the port's error that it means."""
    try:
        yield
    except PortError:
        raise
    except Exception as error:
        raise translated(error) from error


def _code(error: Exception) -> int:
    # The driver's own refusals, such as a closed connection, carry no code of the engine.
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)) & _PRIMARY
