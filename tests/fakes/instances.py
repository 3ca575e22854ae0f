"""Processes that do maintenance at the same stores, each with a time of day of its own."""

import asyncio
from datetime import datetime, timedelta

from application.maintenance.jobs import Due, Finding, Report, Turn
from application.maintenance.leases import Leases
from application.maintenance.loop import Advanced, Known, Maintenance
from application.maintenance.settings import Settings
from application.maintenance.states import Ran
from tests.fakes.house import House
from tests.fakes.sources import FakeRandom, SteadyTime

JOB = "work"


class Instance:
    """One process: its leases, its maintenance, and all that it has told."""

    def __init__(
        self, house: House, time: SteadyTime, *jobs: "Work", name: str = "one", settings: Settings | None = None
    ) -> None:
        self.house = house
        self.time = time
        self.skew = timedelta()
        """How much its time of day differs; may be changed at any moment."""

        self.ending = asyncio.Event()
        self.told: list[Advanced | Ran | Known] = []
        self.leases = Leases(house.records, self.clock, time.monotonic, FakeRandom(name))
        self.jobs = jobs
        self.maintenance = Maintenance(
            jobs, self.leases, settings or Settings(), self.clock, time.monotonic, time.sleep
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def ran(self) -> list[Ran]:
        """Return the turns that it has told of."""
        return [event for event in self.told if isinstance(event, Ran)]

    def clock(self) -> datetime:
        """Return the time of day as this process has it."""
        return self.time.now + self.skew

    async def run(self) -> dict[str, Ran | None]:
        """Do whatever is due, as the command does."""
        return await self.maintenance.run(self.told.append, self.ending, self.maintenance.names)

    def start(self) -> None:
        """Go on in the background, as the server does."""
        work = self.maintenance.run_for_ever(self.told.append, self.ending, self.maintenance.names)
        self._task = asyncio.create_task(work)

    async def kill(self) -> None:
        """End without doing anything more: what it would still write does not arrive."""
        assert self._task is not None
        self.house.storage = self.house.records.storage = Gone()  # type: ignore[assignment] # Nobody answers.
        self._task.cancel()
        await asyncio.wait({self._task})

    async def stop(self) -> None:
        """End in order."""
        self.ending.set()
        if self._task is not None:
            await asyncio.wait({self._task})


class Gone:
    """What a process that is dead reaches: nothing."""

    def __getattr__(self, name: str) -> object:
        raise ConnectionError(name)


class Work:
    """A job of some steps, each of which takes a while; `steps` are left over all turns and instances."""

    def __init__(self, time: SteadyTime, steps: int = 0, *, name: str = JOB, seconds: float = 1.0) -> None:
        self.name = name
        self.left = steps
        self.seconds = seconds
        self.failures: list[Exception] = []
        """What the next turns raise, one each, before they do anything."""

        self.findings: tuple[Finding, ...] = ()
        self.due: list[Due] = []
        self.turns: list[Turn] = []
        self.at_work = 0
        self.most_at_work = 0
        self._time = time

    async def plan(self) -> list[Due]:
        return self.due

    async def run(self, turn: Turn) -> Report:
        self.turns.append(turn)
        if self.failures:
            raise self.failures.pop(0)
        done = 0
        while self.left and not turn.is_over():
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            await self._time.sleep(self.seconds)
            self.at_work -= 1
            self.left -= 1
            done += 1
            turn.advance(total=done + self.left)
        return Report(done={"steps": done} if done else {}, findings=self.findings, unfinished=self.left > 0)
