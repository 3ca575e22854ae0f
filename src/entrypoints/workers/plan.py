"""Which worker is started when, and when the service is given up: decisions alone, which touch no process."""

import signal
from dataclasses import dataclass
from typing import Final, NamedTuple

FIRST_PAUSE: Final = 0.1
"""Seconds until a worker that has ended is started again; doubled by each end that soon follows another."""

LONGEST_PAUSE: Final = 30.0

STEADY: Final = 60.0
"""A worker that has served for so many seconds before it ends is started again after the first pause."""

GRACE: Final = 40.0
"""Seconds that workers have to stop: requests, jobs and backups take up to 20, and `deploy/` gives the service 45."""

_IN_ORDER: Final = (0, -signal.SIGTERM)
"""How a worker ends that is asked to stop; by the signal itself while it has not begun to serve."""


class Ended(NamedTuple):
    """The end of a worker: its number and its exit status, negative for a signal."""

    number: int
    status: int


@dataclass(slots=True)
class _Slot:
    """The place of one worker, which several processes have one after the other."""

    due: float | None = None
    """When to start a process; None while there is one, or while the first worker is waited for."""

    is_running: bool = False
    ready_since: float | None = None
    ends: int = 0
    """How many ends have followed soon upon another."""


class WorkerPlan:
    """The state of all workers, numbered from 1. Times are those of a monotonic clock.

    The first worker is started alone: it makes what a new site needs, and where it cannot start, none can. The others
    follow when it is ready. A worker that ends is replaced. The service is given up, for the reason in `failure`, where
    one ends before it was ready while no other serves, or before all have been ready for the first time.
    """

    def __init__(self, count: int, now: float) -> None:
        self._slots = {number: _Slot() for number in range(1, count + 1)}
        self._slots[1].due = now
        self._was_complete = False
        self._stopping_since: float | None = None
        self.failure: Ended | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether nothing is started any more."""
        return self._stopping_since is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is started any more, and nothing runs."""
        return self.is_stopping and not any(slot.is_running for slot in self._slots.values())

    def due(self, now: float) -> list[int]:
        """Return the workers that are to be started now."""
        if self.is_stopping:
            return []
        return [number for number, slot in self._slots.items() if slot.due is not None and slot.due <= now]

    def pause(self, now: float) -> float | None:
        """Return the seconds until something is due, None where only an event brings something about."""
        moments = [slot.due for slot in self._slots.values() if slot.due is not None]
        if self._stopping_since is not None:
            moments = [self._stopping_since + GRACE]
        return max(0.0, min(moments) - now) if moments else None

    def is_late(self, now: float) -> bool:
        """Whether the workers that still run have had their time to stop."""
        return self._stopping_since is not None and now >= self._stopping_since + GRACE

    def started(self, number: int) -> None:
        """Note that a worker has a process."""
        slot = self._slots[number]
        slot.due, slot.is_running, slot.ready_since = None, True, None

    def ready(self, number: int, now: float) -> None:
        """Note that a worker serves."""
        self._slots[number].ready_since = now
        for slot in self._slots.values():
            if slot.due is None and not slot.is_running:
                slot.due = now
        self._was_complete |= all(slot.ready_since is not None for slot in self._slots.values())

    def ended(self, end: Ended, now: float) -> None:
        """Note that the process of a worker has ended, or could not be made."""
        slot = self._slots[end.number]
        served_since, slot.ready_since, slot.is_running, slot.due = slot.ready_since, None, False, None
        if self.is_stopping:
            if self.failure is None and end.status not in _IN_ORDER:
                self.failure = end
        elif served_since is None and not self._may_be_repeated():
            self.failure = end
            self.stop(now)
        else:
            if served_since is not None and now - served_since >= STEADY:
                slot.ends = 0
            slot.due = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**slot.ends)
            slot.ends += 1

    def stop(self, now: float) -> None:
        """Start nothing any more; the workers have their time from the first call."""
        if self._stopping_since is None:
            self._stopping_since = now

    def _may_be_repeated(self) -> bool:
        return self._was_complete and any(slot.ready_since is not None for slot in self._slots.values())
