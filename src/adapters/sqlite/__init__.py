"""The storage port on SQLite: one file, safe for several processes of one machine, durable at every put."""

from adapters.sqlite.opening import open_sqlite
from adapters.sqlite.storage import SqliteStorage

__all__ = ["SqliteStorage", "open_sqlite"]
