"""Two years of sites that use the app on Forge, where nothing is told reliably but by tokens."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from application.maintenance.jobs import Job, Turn
from application.maintenance.sweeping import Sweeping
from application.tenants.forge import get_or_create, note_leaving
from application.tenants.silence import ENDED, EndingSilentTenants
from domain.forge import ForgeCall
from domain.ids import SYSTEM, TenantId
from domain.silence import FEW
from domain.tenants import Tenant, is_served
from ports.errors import PortError, Unavailable
from ports.storage import Storage
from tests.fakes.flaky import WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.forge import ENVIRONMENT, forge_call
from tests.fakes.house import House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.retention import POLICY, FakeCopies, Office
from tests.fakes.storage import MemoryStorage
from tests.faults.two_years import DOOMED, PROCESSES, Event, WanderingTime

FORGE_SITES: Final = 6
TOLERANCE: Final = timedelta(minutes=5)
"""By how much the time of day may be wrong so that tokens are still accepted."""

_OUTAGES: Final = (1, 7, 15)
"""For how many days Forge may be out."""

_PARTING: Final = 2
"""How many sites leave within two days, so that no operator has to say that they have left."""

_TICKS: Final = 2
"""How many times a day Forge's trigger, which is hourly, and the jobs have their turns."""


class ForgeSite(msgspec.Struct):
    """One Jira site, as it is in truth."""

    cloud: str
    uses: bool = False
    installation: int = 0
    tenant: TenantId | None = None
    """The tenant of the last call that was answered."""

    heard: datetime | None = None
    """When the newest call was issued that was answered."""

    is_known: bool = False
    """Whether a call was answered since the site began to use the app."""


class Left(msgspec.Struct):
    """A life that has ended in truth."""

    tenant: TenantId
    heard: datetime
    day: int


class ForgeProcess:
    """One instance: it answers calls, and has its turns of maintenance."""

    def __init__(self, office: Office) -> None:
        self.office = office
        time = office.time
        self.jobs: list[Job] = [
            Sweeping(office.house.records, time.clock),
            EndingSilentTenants(office.tenants, POLICY, time.clock, time.monotonic, environments=[ENVIRONMENT]),
            office.job,
        ]

    async def turns(self) -> Counter[str]:
        """Give each job a turn, and return what was done and found."""
        seen = Counter[str]()
        for job in self.jobs:
            with suppress(PortError):
                report = await job.run(Turn(self.office.time.monotonic, 3_600))
                seen.update(report.done)
                seen.update(finding.code for finding in report.findings)
        return seen


class ForgeWorld:
    """The sites, the platform, the processes, and what happens to each."""

    def __init__(self) -> None:
        self.time = WanderingTime()
        self.storage, self.vault = MemoryStorage(), MemoryStorage()
        self.managers = [FakeKeyManager("one"), FakeKeyManager("two")]
        self.copies = FakeCopies()
        self.seen = Counter[str]()
        self.sites = [ForgeSite(f"cloud-{number}") for number in range(FORGE_SITES)]
        self.lost: list[Left] = []
        self.written = defaultdict[TenantId, set[str]](set)
        """What is stored of each tenant as far as a process has acknowledged it, or has read it back."""

        self.processes = [self.process() for _ in range(PROCESSES)]
        self.doomed: list[ForgeProcess] = []
        self.day = 0
        self.bad_days: list[int] = []
        """On which days silence could not be counted, as far as maintenance was out or the platform."""

        self._platform_back = 0
        self._service_back = 0
        self._managers_back = 0
        self._right_at = 0
        self._deaf_until = self.time.now

    @property
    def platform_is_out(self) -> bool:
        """Whether no call of Forge comes."""
        return self.day < self._platform_back

    @property
    def service_is_down(self) -> bool:
        """Whether no process runs."""
        return self.day < self._service_back

    @property
    def keys_are_out(self) -> bool:
        """Whether nothing can be opened."""
        return self.day < self._managers_back

    @property
    def is_deaf(self) -> bool:
        """Whether calls are not heard although processes look on."""
        return self.platform_is_out or abs(self.time.wrong_by) > TOLERANCE

    def process(self, storage: Storage | None = None) -> ForgeProcess:
        """Start a process, which remembers nothing."""
        self.seen["processes"] += 1
        seed = f"process {self.seen['processes']}"
        house = House(storage or self.storage, self.vault, time=self.time, seed=seed, managers=self.managers)
        return ForgeProcess(Office(house, self.copies))

    async def begin(self) -> None:
        """Give the service keys of its own, and have every site install the app."""
        await self.processes[0].office.house.vault.create(SYSTEM)
        for number in range(FORGE_SITES):
            await self.install(number, number)

    async def live(self, events: list[Event]) -> None:
        """Live through one day, up to the next morning."""
        self._mend()
        for event in events:
            self.time.go_on(seconds=61)
            await _DOES[event.kind](self, event.one, event.two)
        for tick in range(_TICKS):
            self.time.now = self.time.start + timedelta(days=self.day + (tick + 0.5) / _TICKS)
            await self._trigger(tick)
            await self._maintain()
        if self.platform_is_out or self.service_is_down or self.keys_are_out:
            self.bad_days.append(self.day)
        if self.is_deaf:
            self._deaf_until = self.time.now
        self.time.now = self.time.start + timedelta(days=self.day + 1)
        self.day += 1

    async def _trigger(self, tick: int) -> None:
        """Forge calls for each site, one after the other; between two of them maintenance has a turn."""
        for number in range(FORGE_SITES):
            site = self.sites[(number + self.day) % FORGE_SITES]
            if site.uses:
                await self.call(site, self.day + tick + number)
            if number == FORGE_SITES // 2:
                await self._maintain()

    async def _maintain(self) -> None:
        if self.service_is_down:
            return
        for process in [*self.doomed, *self.processes]:
            try:
                done = await process.turns()
            except Died:
                self.doomed.remove(process)
                self.seen["crashes"] += 1
            else:
                self.seen.update(done)
                if done[ENDED]:
                    await self.check_used()

    async def check_used(self) -> None:
        """No site that uses the app has ended."""
        reader = self.process()
        for site in self.sites:
            if site.is_known and site.tenant is not None:
                view = await reader.office.tenants.get(site.tenant)
                assert view is not None
                assert is_served(view.tenant), (self.day, site)

    async def call(self, site: ForgeSite, process: int) -> None:
        """A page, an event or the trigger calls, with a token of the site's newest installation."""
        await self._deliver(site, forge_call(self.time.now, site.cloud, f"{site.installation}"), process)

    async def _deliver(self, site: ForgeSite, call: ForgeCall, process: int) -> None:
        if self.service_is_down or self.is_deaf:
            return
        chosen = [*self.doomed, *self.processes][process % (len(self.doomed) + PROCESSES)]
        try:
            view = await get_or_create(call, chosen.office.tenants, self.time.clock)
        except PortError:
            return
        except Died:
            self.doomed.remove(chosen)
            self.seen["crashes"] += 1
            return
        assert view is not None, "the newest call of all was void"
        self._note(site, call, view.tenant)
        await self._write_once(chosen, view.tenant, f"{site.installation}")

    def _note(self, site: ForgeSite, call: ForgeCall, tenant: Tenant) -> None:
        assert is_served(tenant)
        if site.tenant not in {None, tenant.id}:
            assert all(left.tenant != tenant.id for left in self.lost)
            assert any(left.tenant == site.tenant for left in self.lost), "a site lost its tenant while it used it"
            self.seen["new lives"] += 1
        elif any(left.tenant == tenant.id for left in self.lost):
            self.seen["returns"] += 1
            self.lost = [left for left in self.lost if left.tenant != tenant.id]
        site.tenant, site.heard, site.is_known = tenant.id, call.issued, True
        self.seen["calls"] += 1

    async def _write_once(self, process: ForgeProcess, tenant: Tenant, key: str) -> None:
        """A user makes something with each installation; what was acknowledged once is never missing again."""
        written = self.written[tenant.id]
        with suppress(PortError, Died):
            if await process.office.read(tenant.id, key) is None:
                assert key not in written, (self.day, tenant)
                await process.office.write(tenant.id, key)
                self.seen["writes"] += 1
            written.add(key)

    def _mend(self) -> None:
        for manager in self.managers:
            manager.failure = Unavailable("out") if self.keys_are_out else None
        if self._right_at == self.day:
            self.time.wrong_by = timedelta()
        if self._service_back == self.day and not self.processes:
            self.processes = [self.process() for _ in range(PROCESSES)]

    async def install(self, site: int, process: int) -> None:
        """A site installs the app, or installs it once more: the id is new, and a page may call before any event."""
        found = self.sites[site % FORGE_SITES]
        self.seen["re-installations" if found.uses else "installations"] += 1
        found.uses = True
        found.installation += 1
        await self.call(found, process)

    async def leave(self, site: int, how: int) -> None:
        """A site removes the app, and tells of it or does not, late or twice."""
        found = self.sites[site % FORGE_SITES]
        recent = [each for each in self.lost if self.day - each.day <= 1]
        if not found.uses or len(recent) >= _PARTING:
            return
        for _ in range(how % 3):
            await self.tell_leaving(site, how)
        self.seen["removals"] += 1
        if found.is_known and found.tenant is not None and found.heard is not None:
            self.lost.append(Left(found.tenant, found.heard, self.day))
        found.uses, found.is_known = False, False

    async def tell_leaving(self, site: int, process: int) -> None:
        """A site tells that it is leaving, and perhaps it is not."""
        found = self.sites[site % FORGE_SITES]
        if self.service_is_down or self.is_deaf or not found.uses or found.tenant is None:
            return
        call = forge_call(self.time.now, found.cloud, f"{found.installation}")
        with suppress(PortError):
            await note_leaving(call, self.processes[process % PROCESSES].office.tenants)
            found.heard = call.issued
            self.seen["told leaving"] += 1

    async def repeat(self, site: int, process: int) -> None:
        """A call comes again, or an event of an earlier installation comes late, within the life of its token."""
        found = self.sites[site % FORGE_SITES]
        if found.uses and found.installation > 1 and not (self.service_is_down or self.is_deaf):
            late = forge_call(self.time.now - TOLERANCE, found.cloud, f"{found.installation - 1}")
            with suppress(PortError):
                await note_leaving(late, self.processes[process % PROCESSES].office.tenants)
            self.seen["late events"] += 1
            await self._deliver(found, late, process)
            await self._deliver(found, late, process + 1)

    async def platform(self, days: int, _: int) -> None:
        """Forge is out, for a day or for a week, and longer where it cannot be that all have left."""
        if self._was_heard_since():
            self.seen["platform outages"] += 1
            self._platform_back = self.day + _OUTAGES[days % (len(_OUTAGES) if self._are_many_heard() else 2)]

    async def clock(self, days: int, until: int) -> None:
        """Somebody sets the time of day wrong, by up to two days to either side, for some days."""
        if self._was_heard_since():
            self.seen["clock steps"] += 1
            self.time.wrong_by = timedelta(days=days % 5 - 2, hours=until)
            self._right_at = self.day + 1 + until % 6

    async def down(self, days: int, _: int) -> None:
        """The service is down, for up to sixteen days: its processes are stopped, or end and others start then."""
        if not self.service_is_down:
            self.seen["downtimes"] += 1
            if days % 2:
                self.processes, self.doomed = [], []
            self._service_back = self.day + 1 + days % 16

    async def keys(self, days: int, _: int) -> None:
        """All key managers are out for some days, so that nothing can be opened."""
        if self._managers_back < self.day - 5:
            self.seen["key outages"] += 1
            self._managers_back = self.day + 1 + days % 4
            self._mend()

    async def restart(self, process: int, _: int) -> None:
        """A process ends, and starts again without remembering anything; which costs up to a day of silence."""
        if not self.service_is_down:
            self.seen["restarts"] += 1
            self.bad_days.append(self.day)
            self.processes[process % PROCESSES] = self.process()

    async def crash(self, writes: int, how: int) -> None:
        """Another process answers and has its turns too, until it dies at one of its writes."""
        if len(self.doomed) < DOOMED and not self.service_is_down:
            storage = FlakyStorage(self.storage)
            storage.plan = (Fault(1 + writes, Harm.DEATH_AFTER if how % 2 else Harm.DEATH_BEFORE, WRITES),)
            self.doomed.append(self.process(storage))

    def _are_many_heard(self) -> bool:
        """Whether more sites were heard within a day than may fall silent together without it being an outage."""
        yesterday = self.time.now - timedelta(days=1)
        return sum(site.is_known and site.heard is not None and site.heard > yesterday for site in self.sites) > FEW

    def _was_heard_since(self) -> bool:
        """Fewer than four sites that are not heard for ten days cannot be told from sites that have left."""
        return not self.is_deaf and all(
            site.heard is not None and site.heard > self._deaf_until for site in self.sites if site.uses
        )


_DOES: Final[dict[str, Callable[[ForgeWorld, int, int], Awaitable[None]]]] = {
    "install": ForgeWorld.install,
    "leave": ForgeWorld.leave,
    "tell leaving": ForgeWorld.tell_leaving,
    "repeat": ForgeWorld.repeat,
    "platform": ForgeWorld.platform,
    "clock": ForgeWorld.clock,
    "down": ForgeWorld.down,
    "keys": ForgeWorld.keys,
    "restart": ForgeWorld.restart,
    "crash": ForgeWorld.crash,
}
