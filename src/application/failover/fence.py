"""The fence: this process acknowledges writes only while a majority says that its site is the one that writes."""

from typing import Final, NoReturn, TypeAlias

from application.failover.control import ControlStores
from domain.epochs import CONFIRMED_FOR, FIRST, NOBODYS, Word, in_force, may_write
from ports.errors import ReadOnly
from ports.sources import Monotonic, Sleep

PERIOD: Final = 5.0
"""How many seconds lie between two questions to the control stores."""


class Fence:
    """What this process knows of the epoch, and until when it may rely on it.

    `monotonic` must go on while the process or the machine is stopped. Wall clocks play no part.
    """

    def __init__(self, control: ControlStores, site: str, monotonic: Monotonic) -> None:
        self._control = control
        self._site = site
        self._monotonic = monotonic
        self._until = float("-inf")
        self._word: Word | None = None
        self._confirmed = float("-inf")

    def epoch(self) -> int:
        """Return what versions told outside begin with: the epoch that this site writes in, NOBODYS where it does not.

        A site that has lost its epoch goes on answering reads, of which another site may know better by now.
        """
        return self._word.epoch if self._word is not None and self._word.site == self._site else NOBODYS

    @property
    def word(self) -> Word | None:
        """Return the word that was last seen in force; None while none has been."""
        return self._word

    @property
    def age(self) -> float:
        """Return how many seconds ago the asking began that last found a word in force; infinite where none did."""
        return self._monotonic() - self._confirmed

    @property
    def is_open(self) -> bool:
        """Whether this site may acknowledge a write at this moment."""
        return self._monotonic() < self._until

    def require(self) -> None:
        """Raise ReadOnly unless this site may acknowledge a write at this moment."""
        if not self.is_open:
            raise ReadOnly("the control stores have not confirmed that this site is the one that writes")

    async def confirm(self) -> Word | None:
        """Ask the control stores once; return the word in force, None where no majority agrees on one."""
        began = self._monotonic()
        word = in_force(await self._control.words())
        if word is None:
            return None
        self._word, self._confirmed = word, began
        self._until = began + CONFIRMED_FOR if may_write(word, self._site) else float("-inf")
        return word

    async def check(self) -> None:
        """Do as `require` does, as a part that can be asked whether it is ready."""
        self.require()

    async def keep(self, sleep: Sleep) -> NoReturn:
        """Confirm again and again until the task is cancelled."""
        while True:
            await self.confirm()
            await sleep(PERIOD)

    async def begin(self) -> Word | None:
        """Confirm, and where there has never been a word, put the first: this site writes from now on."""
        word = await self.confirm()
        if word is None:
            await self._control.begin(Word(FIRST, self._site))
            word = await self.confirm()
        return word


class NoFence:
    """What stands in the place of a fence where no control stores are configured: nobody can fail over to this site."""

    is_open: bool = True

    def epoch(self) -> int:
        """Return the first epoch, which is the only one."""
        return FIRST

    def require(self) -> None:
        """Let everything through."""


AnyFence: TypeAlias = Fence | NoFence
