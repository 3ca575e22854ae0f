"""Backups beside the requests: what has changed is shipped while the server serves, and once more at its end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from application.backups.backups import Backups
from application.backups.shipping import Shipped, ship_for_ever
from application.maintenance.turns import attempted
from ports.sources import Monotonic

LAST: Final = 5.0
"""How many seconds the last cycle may take."""

Listener: TypeAlias = Callable[[Shipped], None]


@asynccontextmanager
async def shipping(
    backups: Backups | None, monotonic: Monotonic, listeners: Sequence[Listener], *, last: float = LAST
) -> AsyncIterator[None]:
    """Ship for as long as the block lasts. When it ends nothing changes any more, and what has changed is shipped."""
    if backups is None:
        yield
        return

    def tell(shipped: Shipped) -> None:
        for listener in listeners:
            listener(shipped)

    task = asyncio.create_task(ship_for_ever(backups.shipper, monotonic, asyncio.sleep, tell))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        await attempted(lambda: asyncio.wait_for(backups.shipper.ship(), last))
