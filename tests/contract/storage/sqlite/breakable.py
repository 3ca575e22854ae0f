"""Connections to SQLite whose statements can be had to raise what nobody expects of the driver."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from tests.drivers import unexpected


class Breakable(sqlite3.Connection):
    """Raises at each statement that begins so, while it is to."""

    beginning: ClassVar[str] = ""
    errors: ClassVar[Iterator[Exception] | None] = None

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._break(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._break(sql)
        return super().executemany(sql, *args)

    def _break(self, sql: str) -> None:
        if self.errors is not None and sql.startswith(self.beginning):
            raise next(self.errors)


async def open_breakable(path: Path) -> SqliteStorage:
    """Open a store over such connections."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Breakable))
        return await open_sqlite(path)


@contextmanager
def breaking(beginning: str = "") -> Iterator[None]:
    """Break the statements that begin so, all by default."""
    Breakable.beginning, Breakable.errors = beginning, unexpected()
    try:
        yield
    finally:
        Breakable.errors = None
