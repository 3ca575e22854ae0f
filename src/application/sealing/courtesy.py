"""Giving way: work that nobody waits for leaves the event loop and the store to those who are waited for."""

import asyncio
from typing import Final

from ports.sources import Monotonic, Sleep

_NOTICED: Final = 0.0001
"""Of others is who has kept the event loop for so many seconds."""

_REST: Final = 0.02
_ALONE_AFTER: Final = 20


class Courtesy:
    """Notices how long others keep the event loop, from one pause to the next, and rests while they are at work."""

    def __init__(self, monotonic: Monotonic, sleep: Sleep) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._rests = 0

    @property
    def is_alone(self) -> bool:
        """Whether nobody else has been noticed for a while: then work may take large steps."""
        return not self._rests

    async def pause(self) -> None:
        """Let others have their turn on the event loop."""
        began = self._monotonic()
        await asyncio.sleep(0)
        if self._monotonic() - began > _NOTICED:
            self._rests = _ALONE_AFTER

    async def rest(self) -> None:
        """Let others have a moment for themselves, if anybody has been noticed for a while."""
        if self._rests:
            self._rests -= 1
            await self._sleep(_REST)
