"""A failover, from the first look to the first write and beyond: every step is taken, timed and reported.

Killed at any point and begun again, it goes on. Up to the fence it changes nothing.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from application.failover.examination import Examination, Examined
from application.failover.reports import FailoverReport, Steps
from application.failover.standby import CaughtUp, Following
from application.failover.takeover import begin_closed, open_up
from application.failover.trial import Trial
from application.restore.checking import Checked
from application.restore.refusals import RestoreRefused
from domain.epochs import FENCE_WAIT, Word
from ports.errors import Conflict
from ports.sources import Clock, Sleep
from ports.storage import Storage

_TRIES: Final = 5
"""How often catching up is tried beside a follower that does the same."""


class Trials(NamedTuple):
    """What is tried on the site when it has everything."""

    keys: Callable[[], Awaitable[Trial]]
    """Whether the key managers of its own cloud open every data key."""

    smoke: Callable[[], Awaitable[str]]
    """Write something in the new epoch, read it and take it away; returns what was done."""

    ship: Callable[[], Awaitable[str]]
    """Ship what the site has; returns what was done."""

    compare: Callable[[Storage], Awaitable[Trial]]
    """Look for everything that the former site's storage holds."""

    read_back: Callable[[], Awaitable[Checked]]
    """Open every record and build every tree."""


class Failover:
    """One failover to `site`. Raises RestoreRefused, and what the stores, the storage and the vault raise."""

    def __init__(
        self,
        examination: Examination,
        trials: Trials,
        steps: Steps,
        clock: Clock,
        sleep: Sleep,
        *,
        revoked: str | None = None,
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        """`revoked` is what somebody says to have taken from the former site, so that it cannot write.

        `progress` is told how many bytes of backups have been taken, and of how many.
        """
        self._examination = examination
        self._site = examination.site
        self._control = examination.control
        self._standby = examination.standby
        self._trials = trials
        self._steps = steps
        self._clock = clock
        self._sleep = sleep
        self._revoked = revoked
        self._progress = progress
        self._at = clock()
        self._former: str | None = None
        self._word: Word | None = None
        self._following: Following | None = None
        self._stopped: datetime | None = None
        self._first_write: float | None = None
        self._is_whole = False

    def report(self) -> FailoverReport:
        """Return how it has gone up to now."""
        following = self._following
        return FailoverReport(
            at=self._at,
            site=self._site,
            former=self._former,
            epoch=None if self._word is None else self._word.epoch,
            revoked=self._revoked,
            position=None if following is None else following.applied.position,
            recovery_point=None if following is None else following.covered,
            nothing_lost=self._is_whole,
            lost_seconds=self._lost(),
            seconds_to_first_write=self._first_write,
            steps=tuple(self._steps.taken),
            flaws=self._examination.stores.flaws,
        )

    async def plan(self) -> None:
        """Find out about every step, and take none that changes anything."""
        examined = await self._examined()
        if examined is None:
            return
        self._steps.would("fence", f"a new epoch would begin, with {FENCE_WAIT:.0f} s in which nobody writes")
        if not examined.former.silent:
            self._steps.would(
                "last segment", f"{examined.former.waiting} records would be shipped from the former site"
            )
        self._steps.would("catch up", "everything would be there that is in the backups")
        if examined.following is not None:
            await self._try_keys()
        self._steps.would("switch", f"site {self._site} would write")

    async def run(self) -> None:
        """Do it. Where the site writes already, nothing is done."""
        examined = await self._examined()
        if examined is None:
            return
        self._word = examined.ready or await self._bring_over(examined)
        await self._try_keys()
        self._word = await self._steps.take("switch", self._switch(self._word), _switched)
        await self._steps.take("smoke test", self._trials.smoke(), str)
        self._first_write = self._steps.seconds
        await self._prove(examined)

    async def _examined(self) -> Examined | None:
        examined = await self._examination.examine(self._steps, self._revoked)
        if examined is None:
            self._steps.would("nothing", f"site {self._site} writes already")
            return None
        self._former, self._following = examined.former.site, examined.following
        return examined

    async def _bring_over(self, examined: Examined) -> Word:
        """Stop the former site, and take everything that it has acknowledged, as far as it can be reached."""
        begin = begin_closed(self._control, self._site, examined.newest.position.epoch, self._sleep)
        word = self._word = await self._steps.take("fence", begin, _fenced)
        self._stopped = self._clock()
        if not examined.former.silent:
            shipped = examined.reach.ship()
            await self._steps.take("last segment", shipped, lambda records: f"{records} records were shipped")
        caught = await self._steps.take("catch up", self._catch_up(word.epoch), _caught_up)
        self._following = caught.following
        await self._steps.take("erasures", self._standby.erase(), lambda erased: f"{erased} tenants were erased again")
        return word

    async def _catch_up(self, epoch: int) -> CaughtUp:
        """Take everything; a follower beside it that takes the same is waited for."""
        for _ in range(_TRIES - 1):
            with suppress(Conflict):
                return await self._caught_up(epoch)
        return await self._caught_up(epoch)

    async def _caught_up(self, epoch: int) -> CaughtUp:
        caught = await self._standby.catch_up(self._progress)
        await self._standby.stand_ready(epoch)
        return caught

    async def _try_keys(self) -> None:
        trial = await self._steps.take("keys", self._trials.keys(), _opened, amiss=_some_failed)
        if trial.failed == trial.tried:
            raise RestoreRefused(
                f"site {self._site} opens no data key with the key managers of its own cloud",
                f"`panorama preflight --site {self._site}` tells whether they answer, and may be used",
            )

    async def _switch(self, word: Word) -> Word:
        """Let the site write, and then those serve who wait for it to be whole."""
        opened = await open_up(self._control, word)
        await self._standby.finish()
        return opened

    async def _prove(self, examined: Examined) -> None:
        """Show that backups go on, that nothing was lost where the former site can be asked, and that all opens."""
        await self._steps.take("ship", self._trials.ship(), str)
        storage = examined.reach.storage
        if storage is not None and not examined.former.silent:
            trial = await self._steps.take("compare", self._trials.compare(storage), _compared, amiss=_some_failed)
            self._is_whole = trial.failed == 0
        await self._steps.take("read back", self._trials.read_back(), _read_back)

    def _lost(self) -> float | None:
        if self._is_whole:
            return 0.0
        covered = None if self._following is None else self._following.covered
        return None if self._stopped is None or covered is None else (self._stopped - covered).total_seconds()


def _fenced(word: Word) -> str:
    return f"epoch {word.epoch} is in force, and nobody writes in an older one"


def _switched(word: Word) -> str:
    return f"site {word.site} writes in epoch {word.epoch}"


def _caught_up(caught: CaughtUp) -> str:
    how = "restored anew, then " if caught.began else ""
    covered = caught.following.covered
    covers = "" if covered is None else f", which covers {covered.isoformat(timespec='seconds')}"
    return f"{how}{caught.manifests} manifests, {caught.size} bytes, up to {caught.following.applied.position}{covers}"


def _some_failed(trial: Trial) -> bool:
    return trial.failed > 0


def _opened(trial: Trial) -> str:
    opened = f"{trial.tried - trial.failed} of {trial.tried} data keys opened with its own cloud's key managers alone"
    return opened if not trial.failed else f"{opened}; not {', '.join(trial.named)}"


def _compared(trial: Trial) -> str:
    if not trial.failed:
        return f"each of {trial.tried} records of the former site is there"
    return f"{trial.failed} of {trial.tried} records of the former site are not there: {', '.join(trial.named)}"


def _read_back(checked: Checked) -> str:
    return f"{checked.records} records opened; {checked.panoramas} panoramas of {checked.tenants} tenants are whole"
