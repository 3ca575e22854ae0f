"""Following for ever: a standby takes what is new as it comes, until it is the site that writes."""

from collections.abc import Callable
from typing import Final

import msgspec

from application.failover.control import ControlStores
from application.failover.standby import CaughtUp, Standby
from application.maintenance.states import Failure
from application.maintenance.turns import attempted
from application.restore.refusals import RestoreRefused
from domain.epochs import Word, in_force
from ports.sources import Monotonic, Sleep

PERIOD: Final = 10.0
"""How many seconds lie between the beginnings of two turns."""

ERASE_EVERY: Final = 3600.0
"""After how many seconds the erasure ledger is applied again."""


class Turned(msgspec.Struct, frozen=True):
    """What one turn of following came to."""

    caught: CaughtUp | None = None
    failure: Failure | None = None
    """What ended the turn; the next one goes on where it was."""

    refused: str = ""
    """Why the standby cannot go on from where it is, with the way out."""


class Follower:
    """Follows for the site `site` until that is the one that writes."""

    def __init__(self, site: str, standby: Standby, control: ControlStores, monotonic: Monotonic, sleep: Sleep) -> None:
        self._site = site
        self._standby = standby
        self._control = control
        self._monotonic = monotonic
        self._sleep = sleep
        self._erased = float("-inf")

    async def follow(self, told: Callable[[Turned], None] = lambda _: None) -> Word:
        """Take turns; return the word by which the site writes, as soon as it is in force.

        No failure ends this, and each is told. Raises nothing but cancellation.
        """
        while True:
            began = self._monotonic()
            word = in_force(await self._control.words())
            if word is not None and word.site == self._site and word.open:
                return word
            told(await self.turn())
            await self._sleep(max(0.0, PERIOD - (self._monotonic() - began)))

    async def turn(self) -> Turned:
        """Take one turn."""
        turned, failure = await attempted(self._turn)
        return turned or Turned(failure=failure)

    async def _turn(self) -> Turned:
        try:
            caught = await self._standby.catch_up()
        except RestoreRefused as exc:
            return Turned(refused=f"{exc.problem}; {exc.remedy}")
        if self._monotonic() - self._erased >= ERASE_EVERY:
            await self._standby.erase()
            self._erased = self._monotonic()
        return Turned(caught)
