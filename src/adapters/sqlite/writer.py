"""Writes: one thread and one connection, and one sync of the disk for all that have come together (group commit)."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias, TypeVar

from adapters.sqlite.errors import passing, translated
from ports.edges import port_error_of
from ports.errors import DeadlineExceeded, Unavailable

T = TypeVar("T")

GROUP_LIMIT: Final = 256
"""The most writes that one transaction carries."""

Work: TypeAlias = Callable[[sqlite3.Connection], Any]


@dataclass(eq=False, slots=True)
class Job:
    """One write and where its caller waits; once the caller has gone, a job that has not begun is dropped."""

    work: Work
    answer: asyncio.Future[Any]
    alone: bool
    """Run outside of any transaction, and again for as long as somebody holds a lock."""

    result: object = None
    error: Exception | None = None

    @property
    def wanted(self) -> bool:
        """Whether the caller still waits."""
        return not self.answer.done()

    def run(self, connection: sqlite3.Connection) -> None:
        """Do the work and keep what came of it; lets out what SQLite raises, since that concerns the transaction."""
        self.result, self.error = None, None
        try:
            self.result = self.work(connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, its caller is told and the writer goes on
            self.error = port_error_of(error)

    def settle(self) -> None:
        """Tell the caller; runs on the event loop."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class Writer:
    """Runs jobs in the order of arrival. Callers are told only after the commit that made their work durable."""

    def __init__(self, connection: sqlite3.Connection, deadline: float) -> None:
        self.commits = 0
        """How many transactions have been committed, each with one sync of the disk for all that it changed."""

        self._connection = connection
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._ahead: deque[Job | None] = deque()
        self._closing = False
        self._ended = self._loop.create_future()
        self._thread = Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a transaction with whatever else is waiting, and return its result once that is durable.

        What it raises is raised here, and the rest of the group is committed nevertheless. Raises DeadlineExceeded
        when the outcome is unknown.
        """
        return await self._wait_for(work, alone=False, deadline=self._deadline)

    async def alone(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        """Do `work` outside of any transaction, within `deadline` seconds."""
        return await self._wait_for(work, alone=True, deadline=deadline)

    async def close(self) -> None:
        """Commit what is waiting, and close the connection."""
        if not self._closing:
            self._closing = True
            self._jobs.put(None)
        await asyncio.shield(self._ended)

    async def _wait_for(self, work: Callable[[sqlite3.Connection], T], *, alone: bool, deadline: float) -> T:
        if self._closing:
            raise Unavailable("the store is closed")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(Job(work, answer, alone))
        try:
            async with asyncio.timeout(deadline):
                return await answer
        except TimeoutError as error:
            raise DeadlineExceeded("a write took longer than its deadline") from error

    def _run(self) -> None:
        while (job := self._take()) is not None:
            if job.alone:
                self._do_alone(job)
            elif self._begin(job):
                self._do_group(self._group(job))
        with suppress(Exception):
            self._connection.close()
        # A loop that has been closed has nobody left who waits; so it is in _tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _take(self) -> Job | None:
        """Return the next job, waiting for it; None at the end."""
        return self._ahead.popleft() if self._ahead else self._jobs.get()

    def _begin(self, job: Job) -> bool:
        """Take the write lock for as long as the first caller waits; others arrive meanwhile and join the group."""
        while job.wanted:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except Exception as error:  # noqa: BLE001 - whatever it is, its caller is told and the writer goes on
                if not passing(error):
                    self._roll_back()
                    self._fail([job], error)
                    return False
            else:
                return True
        return False

    def _group(self, first: Job) -> list[Job]:
        """Return the first job and those that wait behind it, up to one that must run alone or to the end."""
        group = [first]
        while len(group) < GROUP_LIMIT and (self._ahead or not self._jobs.empty()):
            job = self._take()
            if job is None or job.alone:
                self._ahead.appendleft(job)
                break
            group.append(job)
        return group

    def _do_group(self, group: list[Job]) -> None:
        """Commit a group. One that fails takes the transaction with it, so the others begin again without it."""
        wanted = [job for job in group if job.wanted]
        for job in wanted:
            try:
                job.run(self._connection)
            except sqlite3.Error as error:
                self._roll_back()
                self._fail([job], error)
                self._ahead.extendleft(other for other in reversed(wanted) if other is not job)
                return
        try:
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, its callers are told and the writer goes on
            self._roll_back()
            self._fail(wanted, error)
            return
        self.commits += 1
        self._tell(wanted)

    def _do_alone(self, job: Job) -> None:
        """Do one job outside of any transaction, again and again while somebody holds a lock and its caller waits."""
        while job.wanted:
            try:
                job.run(self._connection)
            except sqlite3.Error as error:
                if not passing(error):
                    self._fail([job], error)
                    return
            else:
                self._tell([job])
                return

    def _roll_back(self) -> None:
        """Leave the transaction; some errors have already ended it."""
        # If this fails, too, the next attempt to begin fails and comes here again.
        with suppress(Exception):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _fail(self, jobs: list[Job], error: Exception) -> None:
        for job in jobs:
            job.error = translated(error)
            job.error.__cause__ = error
        self._tell(jobs)

    def _tell(self, jobs: list[Job]) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[Job]) -> None:
    """Tell each caller; runs on the event loop."""
    for job in jobs:
        job.settle()
