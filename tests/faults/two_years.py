"""Two years in the life of a service: a few sites, a few processes, and whatever may happen to them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from application.maintenance.jobs import Job, Turn
from application.maintenance.sweeping import Sweeping
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.settings import Settings
from application.panoramas.tidying import TidyingPanoramas
from application.tenants.lifecycle import install_app, uninstall_app
from domain.ids import SYSTEM, PanoramaId, TenantId
from domain.tenants import Installation
from ports.errors import PortError, Unavailable
from ports.storage import Record, Ref, Storage
from tests.fakes.flaky import WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.retention import FakeCopies, Office
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import group, issue

DAYS: Final = 730
SITES: Final = 3
PROCESSES: Final = 2
DOOMED: Final = 2
"""How many processes that are about to die there are at once."""

QUIET: Final = 20
"""Days between two outages of one key manager, so that no two of them make one that is longer than the margin."""

_EACH: Final = 4
"""On every fourth morning users are there before maintenance, and after it."""

_OFTEN: Final = Settings(snapshot_after=10)
_SETTLING: Final = 900.0
"""Seconds between the two turns of a morning: what the first has retired, the second may sweep and destroy."""


class Event(NamedTuple):
    """Something that happens on a day; what the numbers choose depends on what it is."""

    day: int
    kind: str
    one: int
    two: int


class Life(msgspec.Struct):
    """One life of a site, as far as somebody was told that it is stored."""

    tenant: TenantId
    panorama: PanoramaId | None = None
    shown: list[str | int] = []
    """What the panorama shows: titles of groups, and issues."""

    ended: datetime | None = None
    """When the removal was acknowledged, in true time."""

    kept: dict[Ref, Record] = {}
    """Its records as they were on that day, in somebody's old copy of the storage."""


class WanderingTime(FakeTime):
    """True time passes evenly; the time of day is what somebody has set it to."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong_by = timedelta()

    def clock(self) -> datetime:
        """Return the time of day, right or wrong."""
        return self.now + self.wrong_by


class Process:
    """One instance of the service: it answers users and callbacks, and has its turns of maintenance."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.house = office.house
        house, clock = office.house, office.time.clock
        self.jobs: list[Job] = [
            Sweeping(house.records, clock),
            house.keys.rotation,
            house.index_care.rotation,
            house.index_care.tidying,
            office.job,
            TidyingPanoramas(house.records, office.tenants, house.panoramas, _OFTEN),
        ]

    async def turns(self) -> Counter[str]:
        """Give each job a turn, and return what was done; what fails is due again in the next."""
        done = Counter[str]()
        for job in self.jobs:
            with suppress(PortError):
                done.update((await job.run(Turn(self.house.time.monotonic, 3_600))).done)
        return done


class World:
    """Everything outside the processes, the processes, and what their users were told."""

    def __init__(self) -> None:
        self.time = WanderingTime()
        self.storage, self.vault = MemoryStorage(), MemoryStorage()
        self.managers = [FakeKeyManager("one"), FakeKeyManager("two")]
        self.copies = FakeCopies()
        self.seen = Counter[str]()
        self.lives: list[Life] = []
        self.sites: list[Life | None] = [None] * SITES
        self.processes = [self.process() for _ in range(PROCESSES)]
        self.doomed: list[Process] = []
        self._back_at = [0] * len(self.managers)
        self._quiet_until = [0] * len(self.managers)
        self._right_at = 0
        self.day = 0

    def process(self, storage: Storage | None = None, vault: Storage | None = None) -> Process:
        """Start a process, which remembers nothing."""
        self.seen["processes"] += 1
        house = House(
            storage or self.storage,
            vault or self.vault,
            time=self.time,
            seed=f"process {self.seen['processes']}",
            settings=_OFTEN,
            managers=self.managers,
        )
        return Process(Office(house, self.copies))

    async def begin(self) -> None:
        """Give the service keys of its own."""
        await self.processes[0].house.vault.create(SYSTEM)

    async def live(self, events: list[Event]) -> None:
        """Live through one day, up to the next morning."""
        self._mend()
        for event in events:
            self.time.go_on(seconds=61)
            await _DOES[event.kind](self, event.one, event.two)
        for _ in range(2):
            self.time.go_on(seconds=_SETTLING)
            await self._morning()
        self.time.now = self.time.start + timedelta(days=self.day + 1)
        self.day += 1

    async def _morning(self) -> None:
        """Every process has its turn; between the turns users go on, at processes that have not heard of them yet."""
        for process in list(self.doomed):
            try:
                self.seen.update(await process.turns())
            except Died:
                self.doomed.remove(process)
                self.seen["crashes"] += 1
        for number, process in enumerate(self.processes):
            if busy := (self.day + number) % _EACH == 0:
                await self.edit(number + 1, self.day // _EACH)
            self.seen.update(await process.turns())
            if busy:
                await self.edit(number + 1, self.day // _EACH + 1)

    def _mend(self) -> None:
        """Outages end, and clocks are set right."""
        for number, manager in enumerate(self.managers):
            if self._back_at[number] == self.day:
                manager.failure = None
        if self._right_at == self.day:
            self.time.wrong_by = timedelta()

    async def install(self, site: int, process: int) -> None:
        """Jira tells of an installation; a first one, one after a removal, or one in between."""
        office = self.processes[process % PROCESSES].office
        alias = f"jira:{site % SITES}"
        told = Installation(alias=alias, issued=self.time.now, secret=f"secret {self.time.now}")
        with suppress(PortError):
            tenant = await install_app(told, office.tenants, self.time.clock)
            assert tenant is not None, "the newest callback of all is an installation, and was void"
            known = next((life for life in self.lives if life.tenant == tenant), None)
            self.seen["installs"] += 1
            if known is None:
                self.seen["returns"] += any(life.ended for life in self.lives)
                self.lives.append(known := Life(tenant))
            known.ended = None
            self.sites[site % SITES] = known

    async def remove(self, site: int, process: int) -> None:
        """Jira tells of a removal."""
        life = self.sites[site % SITES]
        with suppress(PortError):
            await uninstall_app(
                f"jira:{site % SITES}", self.time.now, self.processes[process % PROCESSES].office.tenants
            )
            self.sites[site % SITES] = None
            if life is not None:
                self.seen["removals"] += 1
                life.ended = self.time.now
                life.kept = {ref: record for ref, record in self.storage.records.items() if ref.tenant == life.tenant}

    async def edit(self, process: int, site: int) -> None:
        """A user adds a node; what was acknowledged is remembered."""
        life, house = self.sites[site % SITES], self.processes[process % PROCESSES].house
        if life is None:
            return
        with suppress(PortError):
            if life.panorama is None:
                created = await create_panorama(CreateRequest(life.tenant, ANN, name="Plan"), house.panoramas)
                life.panorama = created.panorama
            title, number = f"{self.day}.{len(life.shown)}", 1 + len(life.shown)
            request = EditRequest(life.tenant, life.panorama, ANN, commands=(group(title), issue(number)))
            await edit_panorama(request, house.panoramas)
            life.shown[:0] = [number, title]
            self.seen["edits"] += 1
        await house.panoramas.close()

    async def outage(self, manager: int, days: int) -> None:
        """A key manager is out for some days; one at a time, or both."""
        number = manager % len(self.managers)
        if self.day < self._quiet_until[number]:
            return
        self.seen["outages"] += 1
        self.managers[number].failure = Unavailable("out")
        self._back_at[number] = self.day + 1 + days % 10
        self._quiet_until[number] = self._back_at[number] + QUIET

    async def crash(self, writes: int, how: int) -> None:
        """Another process has its turns too, until it dies at one of its writes, to its storage or to its vault."""
        if len(self.doomed) == DOOMED:
            return
        fault = Fault(1 + writes, Harm.DEATH_AFTER if how % 2 else Harm.DEATH_BEFORE, WRITES)
        storage, vault = FlakyStorage(self.storage), FlakyStorage(self.vault)
        (storage if how % 4 < DOOMED else vault).plan = (fault,)
        self.doomed.append(self.process(storage, vault))

    async def clock(self, days: int, until: int) -> None:
        """Somebody sets the time of day wrong, by up to two days to either side, for some days."""
        self.seen["clock steps"] += 1
        self.time.wrong_by = timedelta(days=days % 5 - 2, hours=until)
        self._right_at = self.day + 1 + until % 6

    async def restart(self, process: int, _: int) -> None:
        """A process ends, and starts again without remembering anything."""
        self.seen["restarts"] += 1
        self.processes[process % PROCESSES] = self.process()

    async def rotate(self, manager: int, _: int) -> None:
        """A provider makes a new version of its wrapping key."""
        self.managers[manager % len(self.managers)].rotate()


_DOES: Final[dict[str, Callable[["World", int, int], Awaitable[None]]]] = {
    "install": World.install,
    "remove": World.remove,
    "edit": World.edit,
    "outage": World.outage,
    "crash": World.crash,
    "clock": World.clock,
    "restart": World.restart,
    "rotate": World.rotate,
}
