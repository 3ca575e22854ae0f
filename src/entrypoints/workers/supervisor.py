"""The parent of the workers: starts them, replaces those that end, and stops them all.

The parent forks before it has opened anything: no database, no thread, no event loop. So a worker shares with it what
has been imported, and nothing that two processes must not share.
"""

import gc
import os
import select
import signal
import socket
import sys
from typing import Final, NamedTuple

from entrypoints.http.logs import Log
from entrypoints.workers.membership import Membership
from entrypoints.workers.plan import Ended, WorkerPlan
from entrypoints.workers.siblings import Siblings, close_other_ends, open_inbox
from ports.sources import Monotonic

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_PIECE: Final = 64

NOT_STARTED: Final = 4
"""Stands for the exit status of a process that could not be made."""


class WorkerFailed(Exception):
    """The service was given up, or has not stopped in order: the end of a worker says why."""

    def __init__(self, end: Ended) -> None:
        super().__init__(end)
        self.end = end


def start_workers(count: int, log: Log, monotonic: Monotonic) -> Membership | None:
    """Start so many workers and look after them until SIGTERM or SIGINT, which stop them in order.

    Returns in each worker, with its membership, and in the parent when all is over: None. Raises WorkerFailed in the
    parent where workers cannot start or have not stopped in order.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # A collection in a worker would otherwise write to, and so copy, all that it shares with the parent.
    return _Parent(count, log, monotonic).run()


class _Child(NamedTuple):
    """The process of one worker; `line` ends with it."""

    pid: int
    line: socket.socket


class _Parent:
    """One run of all workers."""

    def __init__(self, count: int, log: Log, monotonic: Monotonic) -> None:
        self._log = log
        self._monotonic = monotonic
        self._plan = WorkerPlan(count, monotonic())
        self._children: dict[int, _Child] = {}
        self._inboxes = {number: open_inbox() for number in range(1, count + 1)}
        self._wakeup, self._waker = socket.socketpair()
        self._wakeup.settimeout(0)
        self._waker.settimeout(0)
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def run(self) -> Membership | None:
        """Look after the workers; returns in each of them too."""
        self._catch_signals()
        while not self._plan.is_over:
            for number in self._plan.due(self._monotonic()):
                if (membership := self._fork(number)) is not None:
                    return membership
            self._await_events()
            if self._plan.is_late(self._monotonic()):
                self._signal_all(signal.SIGKILL)
        self._restore_signals()
        if self._plan.failure is not None:
            raise WorkerFailed(self._plan.failure)
        return None

    def _fork(self, number: int) -> Membership | None:
        """Make a process; return in the worker with its membership, in the parent with None."""
        ours, theirs = socket.socketpair()
        # A signal that came before the new process has its own handlers would be taken for one to the parent.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
        except OSError:
            pid = None
        if pid == 0:
            ours.close()
            return self._become_worker(number, theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        if pid is None:
            ours.close()
            self._log.error("worker-not-started", worker=number)
            self._plan.ended(Ended(number, NOT_STARTED), self._monotonic())
        else:
            self._log.info("worker-started", worker=number, pid=pid)
            self._children[number] = _Child(pid, ours)
            self._plan.started(number)
        return None

    def _become_worker(self, number: int, parent: socket.socket) -> Membership:
        """Leave behind what is the parent's: its signals, and its lines to the other workers."""
        self._restore_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.setpgid(0, 0)  # Ctrl-C is for the parent alone, which stops the workers in order.
        for child in self._children.values():
            child.line.close()
        close_other_ends(number, self._inboxes)
        return Membership(number, parent, Siblings(number, self._inboxes))

    def _await_events(self) -> None:
        """Wait until a worker is ready or ends, a signal comes, or something is due; and take note of it."""
        lines = {child.line: number for number, child in self._children.items()}
        readable, _, _ = select.select([self._wakeup, *lines], [], [], self._plan.pause(self._monotonic()))
        for line in readable:
            if line is self._wakeup:
                self._take_signals(line.recv(_PIECE))
            elif line.recv(_PIECE):
                self._log.info("worker-ready", worker=lines[line])
                self._plan.ready(lines[line], self._monotonic())
            else:
                self._reap(lines[line])

    def _reap(self, number: int) -> None:
        child = self._children.pop(number)
        child.line.close()
        status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        report = self._log.info if self._plan.is_stopping else self._log.warning
        report("worker-ended", worker=number, pid=child.pid, reason=reason_of(status))
        was_stopping = self._plan.is_stopping
        self._plan.ended(Ended(number, status), self._monotonic())
        if self._plan.is_stopping and not was_stopping:
            self._signal_all(signal.SIGTERM)

    def _take_signals(self, numbers: bytes) -> None:
        """Hand signals on: the first stops all in order, and each further Ctrl-C has them stop at once."""
        for number in numbers:
            if not self._plan.is_stopping:
                self._plan.stop(self._monotonic())
                self._signal_all(signal.SIGTERM)
            elif number == signal.SIGINT:
                self._signal_all(signal.SIGINT)

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children.values():
            os.kill(child.pid, number)  # It has not been waited for, so that the id is still its own.

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self._waker.fileno())
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)

    def _restore_signals(self) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._wakeup.close()
        self._waker.close()


def reason_of(status: int) -> str:
    """Return how a process has ended, in words."""
    return f"signal {-status}" if status < 0 else f"exit code {status}"
