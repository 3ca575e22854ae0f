"""What a failover reports: each of its steps, and what was lost."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum
from typing import TypeVar

import msgspec

from application.faults import fault_of
from application.restore.refusals import RestoreRefused
from application.restore.sources import Flaw
from domain.backups.manifests import Position
from ports.errors import PortError
from ports.sources import Monotonic

T = TypeVar("T")


class Outcome(Enum):
    """How a step ended."""

    DONE = "done"
    WOULD = "would"
    """It would be done, and was only looked into."""

    AMISS = "amiss"
    """It was done, and has found something that somebody must look at."""

    FAILED = "failed"


class Step(msgspec.Struct, frozen=True):
    """One step, and what it found."""

    name: str
    outcome: Outcome
    found: str
    """Holds nothing secret."""

    seconds: float


class FailoverReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a failover went, or would go."""

    at: datetime
    """When it was begun."""

    site: str
    """The site that is to write."""

    former: str | None
    """The site that wrote before, where anybody knows."""

    epoch: int | None
    """The epoch in which the site writes, once it has begun."""

    revoked: str | None
    """What somebody says to have revoked, so that the former site cannot write: then that is the only fence."""

    position: Position | None
    """The last manifest of which the site has everything."""

    recovery_point: datetime | None
    """What had been acknowledged before this moment is there."""

    nothing_lost: bool
    """Whether the former site was reached when it was stopped, and everything of it is there."""

    lost_seconds: float | None
    """At the most what was acknowledged in so many seconds before the former site was stopped is lost."""

    seconds_to_first_write: float | None
    """From the beginning of the command to the first write that the site acknowledged."""

    steps: tuple[Step, ...]
    flaws: tuple[Flaw, ...]
    """What was missing or damaged in one store and was taken from another."""

    @property
    def succeeded(self) -> bool:
        """Whether the site writes."""
        return self.seconds_to_first_write is not None


class Steps:
    """Takes each step, times it, and remembers what it found."""

    def __init__(self, monotonic: Monotonic, told: Callable[[str], None]) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._told = told
        self.taken: list[Step] = []

    @property
    def seconds(self) -> float:
        """Return for how long it has been going."""
        return self._monotonic() - self._began

    async def take(
        self, name: str, doing: Awaitable[T], found: Callable[[T], str], *, amiss: Callable[[T], bool] = lambda _: False
    ) -> T:
        """Wait for a step and return what came of it; one that fails is remembered as such, and the failure raised."""
        self._told(f"{name}…")
        began = self._monotonic()
        try:
            came = await doing
        except BaseException as exc:
            self._note(name, Outcome.FAILED, _words(exc), began)
            raise
        self._note(name, Outcome.AMISS if amiss(came) else Outcome.DONE, found(came), began)
        return came

    def would(self, name: str, what: str) -> None:
        """Remember a step that would be taken."""
        self._note(name, Outcome.WOULD, what, self._monotonic())

    def _note(self, name: str, outcome: Outcome, found: str, began: float) -> None:
        self.taken.append(Step(name, outcome, found, self._monotonic() - began))
        self._told(f"{name}: {found}")


def _words(error: BaseException) -> str:
    """Say what failed without a word that is not the program's own."""
    if isinstance(error, RestoreRefused):
        return error.problem
    if isinstance(error, PortError):
        return error.code
    return str(fault_of(error))
