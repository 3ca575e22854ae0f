"""The maintenance run: each job has its turns, and none that fails or takes long keeps the others from theirs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from application.maintenance.jobs import Due, Job, Progress
from application.maintenance.leases import Hold, Leases, Seen
from application.maintenance.settings import Settings
from application.maintenance.states import Failure, JobState, Ran, joined
from application.maintenance.turns import Turns, attempted
from ports.sources import Clock, Monotonic, Sleep

BREATH: Final = 1.0
"""How many seconds lie between two turns of a job that is unfinished, and between two looks at a lease."""


class Advanced(msgspec.Struct, frozen=True):
    """A job has told how far it is."""

    job: str
    progress: Progress


class Known(msgspec.Struct, frozen=True):
    """What all instances know of a job that was just looked at."""

    job: str
    state: JobState
    elsewhere: bool = False
    """Whether it was left to another instance, which is at it or has just been."""


Told: TypeAlias = Callable[[Advanced | Ran | Known], None]
"""Whoever wants to know what happens: metrics, logs, a progress bar."""


_Take: TypeAlias = Callable[[str], Awaitable[Hold | Seen]]


class Planned(msgspec.Struct, frozen=True):
    """What a job has planned, or why it could not say."""

    job: str
    due: tuple[Due, ...] = ()
    failure: Failure | None = None


class Maintenance:
    """All jobs of one instance."""

    def __init__(
        self,
        jobs: Sequence[Job],
        leases: Leases,
        settings: Settings,
        clock: Clock,
        monotonic: Monotonic,
        sleep: Sleep,
    ) -> None:
        self.settings = settings
        self._jobs = {job.name: job for job in jobs}
        self._leases = leases
        self._turns = Turns(settings, clock, monotonic, sleep)
        self._clock = clock
        self._sleep = sleep

    @property
    def names(self) -> tuple[str, ...]:
        """Return the jobs' names, in the order of their turns."""
        return tuple(self._jobs)

    async def run(self, told: Told, ending: asyncio.Event, names: Sequence[str]) -> dict[str, Ran | None]:
        """Give the jobs of these names turn after turn until nothing is left to do or the process ends.

        Return what came of each; None for one that another instance is at. A lease that nobody renews is waited for
        until it lapses. A job that is unfinished and got nowhere in its turn has no other one.
        """
        results: dict[str, Ran | None] = {}
        pending = list(names)
        while pending and not ending.is_set():
            name = pending.pop(0)
            ran = await self._turn(name, told, ending, lambda job: self._patiently(job, ending))
            before = results.get(name)
            results[name] = joined(before, ran) if before and ran else before or ran
            if ran is not None and ran.wants_more:
                pending.append(name)
        return results

    async def run_for_ever(self, told: Told, ending: asyncio.Event, names: Sequence[str]) -> None:
        """Give each job of these names a turn once a pause, beside the others, until the process ends.

        What a job could not do is due again after the pause. A job that another instance looks after is left to it.
        """
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(self._serve(name, told, ending))

    async def plan(self, names: Sequence[str]) -> list[Planned]:
        """Return what each of these jobs has planned, changing nothing; one that fails does not hide the others."""
        return [await self._planned(job) for job in map(self._jobs.__getitem__, names)]

    async def states(self, names: Sequence[str]) -> dict[str, JobState]:
        """Return what is known of each of these jobs; raises what `Records` raises."""
        return {name: (await self._leases.look(name)).state for name in names}

    async def _serve(self, name: str, told: Told, ending: asyncio.Event) -> None:
        while not ending.is_set():
            ran = await self._turn(name, told, ending, self._politely)
            pause = self.settings.pause_seconds
            await self._rest(min(BREATH, pause) if ran is not None and ran.wants_more else pause, ending)

    async def _turn(self, name: str, told: Told, ending: asyncio.Event, take: _Take) -> Ran | None:
        """Return what came of a turn; None where it was left to another instance. Raises nothing but cancellation."""

        async def turn() -> Ran | None:
            hold = await take(name)
            if isinstance(hold, Seen):
                told(Known(name, hold.state, elsewhere=True))
                return None
            ran = await self._turns.give(
                self._jobs[name],
                hold,
                may_go_on=lambda: not ending.is_set(),
                told=lambda progress: told(Advanced(name, progress)),
            )
            told(ran)
            told(Known(name, hold.state))
            return ran

        ran, failure = await attempted(turn)
        if failure is not None:
            ran = Ran(job=name, at=self._clock(), failure=failure)
            told(ran)
        return ran

    async def _politely(self, name: str) -> Hold | Seen:
        return await self._leases.take(name, politely=True)

    async def _patiently(self, name: str, ending: asyncio.Event) -> Hold | Seen:
        """Wait for a lease until its holder shows that it lives, or has not for a term."""
        found = await self._leases.take(name)
        sight = self._leases.sight(name)
        while isinstance(found, Seen) and self._leases.sight(name) == sight and not ending.is_set():
            await self._rest(BREATH, ending)
            found = await self._leases.take(name)
        return found

    async def _planned(self, job: Job) -> Planned:
        due, failure = await attempted(job.plan)
        return Planned(job.name, tuple(due or ()), failure)

    async def _rest(self, seconds: float, ending: asyncio.Event) -> None:
        """Sleep until the process ends, at the longest for so many seconds."""
        waits = {asyncio.ensure_future(self._sleep(seconds)), asyncio.create_task(ending.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)
