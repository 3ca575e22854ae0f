"""Which parts answer: asked all at once, and none waited for long."""

import asyncio
from collections.abc import Mapping
from typing import Final

from entrypoints.core_services import Check
from ports.edges import port_errors_only
from ports.errors import DeadlineExceeded, PortError

PATIENCE: Final = 2.0
"""For how many seconds the slowest part is waited for: less than load balancers wait for the answer."""

OK: Final = "ok"


class Readiness:
    """The state of each part: OK, or the code of the port error that it answers with.

    A part that is silent is not asked again before it has answered, so that asking uses up no threads or connections.
    """

    def __init__(self, parts: Mapping[str, Check], *, patience: float = PATIENCE) -> None:
        self._parts = parts
        self._patience = patience
        self._asked: dict[str, asyncio.Task[str]] = {}

    async def states(self) -> dict[str, str]:
        """Return the state of each part by its name; one that stays silent has exceeded its deadline."""
        for name, check in self._parts.items():
            if name not in self._asked or self._asked[name].done():
                self._asked[name] = asyncio.create_task(_state(check))
        asked = dict(self._asked)
        await asyncio.wait(asked.values(), timeout=self._patience)
        return {name: task.result() if task.done() else DeadlineExceeded.code for name, task in asked.items()}


async def _state(check: Check) -> str:
    try:
        with port_errors_only():
            await check()
    except PortError as error:
        return error.code
    return OK
