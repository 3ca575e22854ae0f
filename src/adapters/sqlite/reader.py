"""Reads: small ones on the event loop, where they take less time than a thread would, all others in a thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from adapters.sqlite.errors import interrupted, mapped, passing
from adapters.sqlite.queries import Query
from ports.errors import DeadlineExceeded, Unavailable
from ports.rows import record_of
from ports.storage import LONG_PAGE, Record

T = TypeVar("T")

SMALL_LIMIT: Final = 64
"""The most records that are read on the event loop."""

# SQLite counts the steps of its virtual machine; a few thousand are well under a millisecond.
_STEPS: Final = 1_000
_MOST_STROKES: Final = 20


class Reader:
    """Two read-only connections: one for the event loop, which never waits, and one for a thread, which may."""

    def __init__(self, quick: sqlite3.Connection, patient: sqlite3.Connection, deadline: float) -> None:
        self._quick = quick
        self._patient = patient
        self._deadline = deadline
        self._strokes = 0
        self._thread = ThreadPoolExecutor(1, "sqlite-reader")
        self._closed = False
        quick.set_progress_handler(self._stroke, _STEPS)

    async def records(self, query: Query) -> list[Record]:
        """Return what the query selects; raises Unavailable, DeadlineExceeded, Corrupt."""
        return await self._read(query, lambda rows: [record_of(row) for row in rows])

    async def some(self, query: Query) -> list[Record]:
        """Return what the query selects, but no more than fills a long page."""
        return await self._read(query, _page)

    async def _read(self, query: Query, take: Callable[[Iterable[tuple[Any, ...]]], list[Record]]) -> list[Record]:
        if query.limit <= SMALL_LIMIT:
            with mapped():
                found = self._small(query)
            if found is not None:
                return found
        return await self.run(lambda patient: take(patient.execute(query.text(), query.values)))

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` makes of the thread's connection, within the deadline."""
        if self._closed:
            raise Unavailable("the store is closed")
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.wrap_future(self._thread.submit(self._mapped, work))
        except TimeoutError as error:
            raise DeadlineExceeded("a read took longer than its deadline") from error

    def on_loop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a small piece of `work` makes of the event loop's connection."""
        with mapped():
            return work(self._quick)

    async def close(self) -> None:
        """Wait for the read under way, and close both connections."""
        if self._closed:
            return
        self._closed = True
        await asyncio.wrap_future(self._thread.submit(self._patient.close))
        self._thread.shutdown(wait=False)
        self._quick.close()

    def _small(self, query: Query) -> list[Record] | None:
        """Return what the query selects, or None where that is not small or somebody holds a lock."""
        self._strokes = 0
        try:
            rows = self._quick.execute(query.small_text(), query.values).fetchall()
        except sqlite3.Error as error:
            if passing(error) or interrupted(error):
                return None
            raise
        if any(row[4] == 0 for row in rows):
            return None
        return [record_of(row) for row in rows]

    def _stroke(self) -> bool:
        """Tell SQLite whether to give up: a scan over many tombstones is no small read, however little it returns."""
        self._strokes += 1
        return self._strokes > _MOST_STROKES

    def _mapped(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with mapped():
            return work(self._patient)


def _page(rows: Iterable[tuple[Any, ...]]) -> list[Record]:
    """Read row by row, so that what is not returned is not in memory either."""
    found: list[Record] = []
    size = 0
    for row in rows:
        record = record_of(row)
        size += len(record.body or b"")
        if found and size > LONG_PAGE:
            break
        found.append(record)
    return found
