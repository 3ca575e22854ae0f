"""The maintenance run: each job has its turn, and none that fails keeps the others from theirs."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, NoReturn

import msgspec

from application.maintenance.jobs import Job, Report, Turn
from ports.errors import PortError
from ports.sources import Monotonic, Sleep

PAUSE: Final = timedelta(minutes=1)
"""How long the service rests between two runs."""

TURN: Final = timedelta(minutes=5)
"""How long one job may go on in one run."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one job in one run."""

    job: str
    report: Report = Report()
    failure: str | None = None
    """The code of the port's error that ended it; what was done before is done."""


async def run_once(
    jobs: Sequence[Job], monotonic: Monotonic, told: Callable[[Ran], None] = lambda _: None
) -> list[Ran]:
    """Give each job one turn, in the order in which they are listed, and return what came of each."""
    return [await _run(job, monotonic, told) for job in jobs]


async def run_for_ever(
    jobs: Sequence[Job], monotonic: Monotonic, sleep: Sleep, told: Callable[[Ran], None] = lambda _: None
) -> NoReturn:
    """Run all jobs once a pause until the task is cancelled. What a job could not do is due again in the next run."""
    while True:
        await sleep(PAUSE.total_seconds())
        await run_once(jobs, monotonic, told)


async def _run(job: Job, monotonic: Monotonic, told: Callable[[Ran], None]) -> Ran:
    try:
        ran = Ran(job=job.name, report=await job.run(Turn(monotonic, TURN.total_seconds())))
    except PortError as error:
        ran = Ran(job=job.name, failure=error.code)
    told(ran)
    return ran
