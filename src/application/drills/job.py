"""The nightly drill, as a job."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from application.backups.ground import Ground
from application.drills.drill import Drill, Told
from application.drills.results import Result, Results
from application.maintenance.jobs import Due, Finding, Report, Turn
from domain.epochs import NOBODYS

DAILY: Final = timedelta(days=1)

AGAIN: Final = timedelta(hours=1)
"""When a drill that failed is tried once more."""

Opened: TypeAlias = Callable[[], AbstractAsyncContextManager[Drill]]
"""Opens a drill over empty scratch stores, which are gone when the block ends."""


class Drills(NamedTuple):
    """What opens the drills of a site."""

    elsewhere: Opened
    """Uses what is outside the site's cloud alone, where there is anything."""

    deep: Mapping[str, Opened]
    """Uses one blob store, by whose name it stands, and every key manager."""


class Drilling:
    """A job: drills each day, and keeps what that has come to. A failed drill stays a finding until the next one."""

    name = "drill"

    def __init__(self, ground: Ground, opened: Opened) -> None:
        self.results = Results(ground.storage, ground.clock)
        self._ground = ground
        self._opened = opened

    async def plan(self) -> list[Due]:
        """Return when the next drill is due."""
        return [Due(at=self._due(await self.results.all()), what="restore the newest backup, and look at it")]

    async def run(self, turn: Turn) -> Report:
        """Drill if it is due; not where the site is not the one that writes, or has not shipped anything yet."""
        kept = await self.results.all()
        shipped = await self._ground.book.newest()
        if self._ground.epoch() == NOBODYS or shipped is None or self._ground.clock() < self._due(kept):
            return Report(findings=_findings(kept[-1]) if kept else ())

        def advance(done: int, total: int | None) -> None:
            turn.advance(done - turn.progress.done, total=total)

        return Report(done={"backups restored and looked at": 1}, findings=_findings(await self.drill(advance)))

    async def drill(self, told: Told = lambda *_: None) -> Result:
        """Drill now, keep the result and return it."""
        async with self._opened() as drill:
            result = await drill.run(self._ground.storage, told)
        await self.results.add(result)
        return result

    def _due(self, kept: Sequence[Result]) -> datetime:
        if not kept:
            return self._ground.clock()
        return kept[-1].at + (DAILY if kept[-1].succeeded else AGAIN)


def _findings(result: Result) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="drill-failed",
            what=f"{problem}. `panorama drill` tries it again, and `panorama backup verify` tells more",
        )
        for problem in result.problems
    )
