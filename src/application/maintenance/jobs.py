"""What maintenance is made of: jobs, each of which does what is due and can be stopped and repeated at any point."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from domain.ids import TenantId
from ports.sources import Monotonic


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a job will do, or would do now if it had its turn."""

    at: datetime
    what: str
    """A fixed phrase, as in "make a new data key"; nothing that a customer typed."""

    tenant: TenantId | None = None
    """Whom it concerns; None where that is nobody in particular."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was promised and that the job cannot mend by itself now."""

    code: str
    """Stable, fit for metrics, as in "missing-wrap"."""

    what: str
    """A sentence for an operator that names the cause and the way out; nothing that a customer typed."""

    tenant: TenantId | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn of a job came to."""

    done: dict[str, int] = {}
    """How often each thing was done, under fixed phrases; things that were not done are left out."""

    findings: tuple[Finding, ...] = ()

    unfinished: bool = False
    """Whether the turn ended before the work did, so that another turn is due at once."""


class Progress(msgspec.Struct, frozen=True):
    """How far a job is in its turn."""

    done: int = 0
    total: int | None = None
    """None where nobody has counted."""


class Turn:
    """One job's share of a maintenance run: how long it may go on, and where it tells how far it is."""

    def __init__(
        self,
        monotonic: Monotonic,
        seconds: float,
        *,
        may_go_on: Callable[[], bool] = lambda: True,
        told: Callable[[Progress], None] = lambda _: None,
        token: int = 0,
    ) -> None:
        """End after so many seconds, or as soon as `may_go_on` says no: the lease is lost, or the process ends."""
        self.token = token
        """The lease's fencing token: whatever is stored with it must not replace what bears a greater one."""

        self._monotonic = monotonic
        self._end = monotonic() + seconds
        self._may_go_on = may_go_on
        self._told = told
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """Return how far the job is, as it has told itself."""
        return self._progress

    def is_over(self) -> bool:
        """Whether the job must stop between two steps. What is left is for another turn, perhaps another process."""
        return self._monotonic() >= self._end or not self._may_go_on()

    def goes_on(self) -> bool:
        """Whether the job may take another step: the opposite of `is_over`."""
        return not self.is_over()

    def advance(self, steps: int = 1, *, total: int | None = None) -> None:
        """Tell that so many steps more are done, and of how many in all where that is known."""
        known = self._progress.total if total is None else total
        self._progress = Progress(self._progress.done + steps, known)
        self._told(self._progress)


class Job(Protocol):
    """Regular work of one kind.

    A job is idempotent, and any number of processes may do it at once without harm: a lease only keeps them from doing
    it in vain. Each step is a compare-and-swap of its own, so that a crash between any two leaves what a repeat goes on
    from. Both methods raise what the ports raise; whoever runs the jobs tells that and goes on with the next job.
    """

    name: str
    """Stable, in the form `rotate-data-keys`; names the job in metrics, leases and reports."""

    async def plan(self) -> list[Due]:
        """Return what the job will have to do and when, soonest first, without changing anything."""

    async def run(self, turn: Turn) -> Report:
        """Do what is due now, for as long as the turn goes on."""
