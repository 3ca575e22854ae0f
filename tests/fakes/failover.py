"""A site that another takes over from, over fakes: control stores, a standby, and what a failover is made of."""

from collections.abc import Awaitable, Callable, Sequence

from application.backups.stores import Store
from application.failover.control import ControlStores
from application.failover.examination import Examination, Verdict
from application.failover.former import NoFormer, OpenFormer, Reach
from application.failover.reports import Steps
from application.failover.standby import Standby
from application.failover.switching import Failover, Trials
from application.failover.trial import Trial, compare, open_keys
from application.restore.checking import Checked, check
from application.restore.sources import Stores
from domain.epochs import Word, in_force
from ports.errors import Unavailable
from ports.sources import Sleep
from ports.storage import Storage
from tests.fakes.backups import Yard
from tests.fakes.house import House
from tests.fakes.restore import Ruin
from tests.unit.application.failover.scenes import Scene

HERE, THERE = "aws", "gcp"
"""The site that writes, and the one that takes over."""


class Crossing:
    """A site with backups, and the empty stores of another: `ruin` is what a process there sees."""

    def __init__(self, yard: Yard, scene: Scene, ruin: Ruin | None = None) -> None:
        self.yard = yard
        self.scene = scene
        self.ruin = ruin or Ruin(yard)
        self.told: list[str] = []
        self.verdict = Verdict(go=True, found="2 probes, all as expected")
        self.is_out = False
        """Whether the former site does not answer."""

        self.verdict_by: Callable[[], Awaitable[Verdict]] = self._verdict
        self.trials: Callable[[Trials], Trials] = lambda trials: trials
        """Puts others into the place of what is tried."""

    def standby(self, stores: Sequence[Store] | None = None) -> Standby:
        """Return a standby in a new process."""
        return self._standby(self.ruin.reading(stores), self.ruin.house())

    def _standby(self, reading: Stores, house: House) -> Standby:
        restoring = self.ruin.restore_from(reading, house)
        return Standby(restoring, reading, self.ruin.target, house.records, house.vault, house.time.clock)

    async def reach(self, site: str) -> Reach:
        """Return the way to the former site."""
        if self.is_out:
            return NoFormer(site, "it does not answer (unavailable)")
        yard = self.yard

        def backups(epoch: Callable[[], int]) -> Yard:
            return Yard(yard.house, yard.buckets, stores=yard.stores, site=site, epoch_now=epoch)

        return OpenFormer(site, yard.house.storage, lambda epoch: backups(epoch).backups)

    def made(
        self,
        *,
        stores: Sequence[Store] | None = None,
        control: ControlStores | None = None,
        revoked: str | None = None,
        sleep: Sleep | None = None,
    ) -> Failover:
        """Return a failover in a new process."""
        time, reading, house = self.yard.time, self.ruin.reading(stores), self.ruin.house()
        asked = control or self.scene.control()
        standby = self._standby(reading, house)
        examination = Examination(THERE, asked, reading, standby, self.verdict_by, self.reach)
        return Failover(
            examination,
            self.trials(trials_of(house, asked)),
            Steps(time.monotonic, self.told.append),
            time.clock,
            sleep or time.sleep,
            revoked=revoked,
        )

    async def word(self) -> Word | None:
        """Return the word in force."""
        return in_force(await self.scene.control().words())

    async def _verdict(self) -> Verdict:
        return self.verdict


def trials_of(house: House, control: ControlStores) -> Trials:
    """Return what is tried in a process of the site that takes over."""

    async def smoke() -> str:
        word = in_force(await control.words())
        if word is None or word.site != THERE or not word.open:
            raise Unavailable("nobody has opened the epoch")
        return f"wrote in epoch {word.epoch}"

    async def ship() -> str:
        return "shipped"

    async def compared(former: Storage) -> Trial:
        return await compare(former, house.storage)

    def read_back() -> Awaitable[Checked]:
        return check(house.records, house.panoramas.loader)

    return Trials(lambda: open_keys(house.vault.generations, house.managers), smoke, ship, compared, read_back)
