"""One turn of one job under its lease, which is renewed for as long as the job is at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from msgspec.structs import replace

from application.faults import fault_of
from application.maintenance.jobs import Job, Progress, Report, Turn
from application.maintenance.leases import Hold
from application.maintenance.settings import Settings
from application.maintenance.states import FAULT, Failure, Outlook, Ran, outlook_on
from domain.leases import BEAT
from ports.errors import PortError, Unexpected
from ports.sources import Clock, Monotonic, Sleep

T = TypeVar("T")

OUTLOOK_LIFETIME: Final = 600.0
"""For how many seconds an instance does not ask a job again what it has planned."""


class Turns:
    """Gives jobs their turns."""

    def __init__(self, settings: Settings, clock: Clock, monotonic: Monotonic, sleep: Sleep) -> None:
        self._seconds = settings.turn_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._asked: dict[str, float] = {}

    async def give(self, job: Job, hold: Hold, may_go_on: Callable[[], bool], told: Callable[[Progress], None]) -> Ran:
        """Let the job work for as long as the lease is held and `may_go_on` says so; then give the lease up.

        Raises nothing but cancellation, after which the lease is given up too. Where it cannot be given up it lapses.
        """

        def goes_on() -> bool:
            return hold.is_good() and may_go_on()

        turn = Turn(self._monotonic, self._seconds, may_go_on=goes_on, told=told, token=hold.token)
        began, outlook = self._monotonic(), None
        came = Ran(job=job.name, at=self._clock(), report=Report(unfinished=True))
        try:
            async with self._kept(hold, turn):
                report, failure = await attempted(lambda: job.run(turn))
                came = replace(came, report=report or Report(), failure=failure)
                outlook, failure = await self._outlook(job) if failure is None and goes_on() else (None, failure)
                came = replace(came, failure=failure)
        finally:
            came = replace(came, at=self._clock(), seconds=self._monotonic() - began, steps=turn.progress.done)
            written, failure = await attempted(lambda: hold.end(came, outlook))
        return replace(came, failure=came.failure or failure, lost=written is False)

    @asynccontextmanager
    async def _kept(self, hold: Hold, turn: Turn) -> AsyncIterator[None]:
        keeper = asyncio.create_task(self._keep(hold, turn))
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait({keeper})

    async def _keep(self, hold: Hold, turn: Turn) -> None:
        """Renew the lease beat by beat; a beat that fails is made up for by the next, or the lease is good no more."""
        while hold.is_good():
            await self._sleep(BEAT)
            await attempted(lambda: hold.renew(turn.progress))

    async def _outlook(self, job: Job) -> tuple[Outlook | None, Failure | None]:
        """Ask what is planned, which can be as much work as a turn, now and then only."""
        now = self._monotonic()
        if now - self._asked.get(job.name, float("-inf")) < OUTLOOK_LIFETIME:
            return None, None
        self._asked[job.name] = now
        plan, failure = await attempted(job.plan)
        return None if plan is None else outlook_on(plan, self._clock()), failure


async def attempted(work: Callable[[], Awaitable[T]]) -> tuple[T | None, Failure | None]:
    """Return what the work comes to, or why it failed. Nothing that an error says is told."""
    try:
        return await work(), None
    except Unexpected as error:
        return None, Failure(error.code, fault_of(error.__cause__ or error))
    except PortError as error:
        return None, Failure(error.code)
    except Exception as error:  # noqa: BLE001 - One job's fault is told with its place and must not end the others.
        return None, Failure(FAULT, fault_of(error))
