"""Tasks that would go on for ever."""

import asyncio
from contextlib import suppress


async def end_task(task: asyncio.Task[None]) -> None:
    """Let a task that would go on for ever end where it is."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
