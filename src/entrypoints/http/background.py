"""Maintenance beside the requests, for as long as the server serves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from application.faults import fault_of
from application.maintenance.loop import Advanced, Known, Maintenance, Told
from application.maintenance.states import Ran
from entrypoints.http.logs import Log

GRACE: Final = 5.0
"""Seconds that a step under way gets to end."""


@asynccontextmanager
async def in_background(
    maintenance: Maintenance, ending: asyncio.Event, listeners: Sequence[Told], log: Log, *, grace: float = GRACE
) -> AsyncIterator[None]:
    """Do what is due for as long as the block lasts, unless the settings say that somebody else does.

    In the end the jobs stop between two steps and give up their leases; a step that takes too long is cut off.
    """
    if not maintenance.settings.background:
        yield
        return

    def tell(event: Advanced | Ran | Known) -> None:
        for listener in listeners:
            listener(event)

    task = asyncio.create_task(_run(maintenance, ending, tell, log))
    try:
        yield
    finally:
        ending.set()
        await asyncio.wait({task}, timeout=grace)
        task.cancel()
        await asyncio.wait({task})


async def _run(maintenance: Maintenance, ending: asyncio.Event, tell: Told, log: Log) -> None:
    """Begin again where the run itself has a fault, which is not a job's."""
    while not ending.is_set():
        try:
            await maintenance.run_for_ever(tell, ending, maintenance.names)
        except Exception as error:
            log.exception("fault", where=fault_of(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), maintenance.settings.pause_seconds)
