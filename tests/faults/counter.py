"""A site in which edits are numbered, which is destroyed at some moment, and another that takes over.

Everything is decided by one seed: how many edits there are between two cycles of shipping, which step of a shipper, a
snapshot, a follower or a failover is the last of its process, and when the site is lost: its processes, its storage,
its cloud's blob stores and its cloud's key manager.
"""

from collections import Counter as Counts
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import httpx

from application.backups.stores import Store
from application.failover.control import ControlStores
from application.failover.fence import Fence
from application.restore.refusals import RestoreRefused
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from ports.blobs import BlobStore
from ports.errors import PortError, Unavailable
from ports.storage import Storage
from tests.e2e.service import running
from tests.e2e.wishes import add_note, batch
from tests.fakes.backups import ABROAD, CLOUDS, Yard, buckets
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.failover import HERE, THERE, Crossing
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.restore import Ruin
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.failover import scenes

PROMISE = timedelta(seconds=60)
"""What was acknowledged longer than that before a site was lost is not lost."""

PERIOD = 15.0
"""How many seconds there are between two cycles."""

HARMS = (Harm.DEATH_BEFORE, Harm.DEATH_AFTER, Harm.LOST_ANSWER, Harm.LOST_REQUEST)
STEPS = READS | WRITES | every_blob_method()


class Destroyed(BaseException):
    """The site is lost at this step of the shipper."""


class Round:
    """One site's life, end, and succession."""

    def __init__(self, seed: int, keys: SandboxKeys) -> None:
        self.happened: Counts[str] = Counts()
        self.acknowledged: dict[int, datetime] = {}
        """When each numbered edit was acknowledged."""

        self.sent = 0
        """The last number that was sent."""

        self._random = Random(seed)
        self._keys = keys
        self._time = FakeTime()
        self._managers = [FakeKeyManager(HERE), FakeKeyManager(THERE)]
        self._storage, self._vault = MemoryStorage(), MemoryStorage()
        self._there = MemoryStorage(), MemoryStorage()
        self._buckets = buckets()
        self._panorama = ""
        self._scene = scenes.scene()

    async def live(self) -> None:
        """Live through everything; raises AssertionError where a promise is not kept."""
        self._scene = await scenes.begun(site=HERE)
        fence = Fence(self._scene.control(), HERE, self._time.monotonic)
        await fence.confirm()
        house = self._house(self._storage, self._vault, "here", fence)
        async with running(house, self._keys) as service:
            site = await service.install()
            async with service.client(site) as client:
                self._panorama = (await client.post("/api/panoramas", json={"name": "Counter"})).json()["id"]
                with suppress(Destroyed):
                    await self._go_on(client, fence)
        lost = self._time.clock()
        self._destroy()
        if await self._fail_over():
            await self._look(site, lost)
        else:
            self.happened["lost before its first backup"] += 1
            assert not self._promised(lost)

    async def _go_on(self, client: httpx.AsyncClient, fence: Fence) -> None:
        for cycle in range(self._random.randint(2, 9)):
            for _ in range(self._random.randint(0, 5)):
                self._time.go_on(seconds=self._random.uniform(0, 2))
                await fence.confirm()
                await self._edit(client)
            if self._random.random() < 0.3:
                await self._harmed("snapshot", self._snapshot)
            if self._random.random() < 0.4:
                await self._harmed("follower", self._follow)
            self._time.go_on(seconds=max(0.0, (cycle + 1) * PERIOD - self._time.monotonic()))
            await self._harmed("shipper", self._ship)

    async def _edit(self, client: httpx.AsyncClient) -> None:
        self.sent += 1
        answer = await client.post(self._changes, json=batch(add_note(str(self.sent))))
        assert answer.is_success, answer.text
        self.acknowledged[self.sent] = self._time.clock()

    async def _harmed(self, name: str, work: Callable[[Fault | None], Awaitable[object]]) -> None:
        """Do something in a process of its own, that may be harmed, and that may be the site's last."""
        chance = self._random.random()
        if chance < 0.5:
            await work(None)
            return
        try:
            await work(self._fault())
        except (Died, PortError):
            self.happened[f"{name} killed"] += 1
            if chance > 0.93:
                raise Destroyed from None

    def _fault(self) -> Fault:
        return Fault(self._random.randint(1, 40), self._random.choice(HARMS), methods=STEPS)

    async def _ship(self, fault: Fault | None) -> None:
        await self._yard(fault).shipper.ship()

    async def _snapshot(self, fault: Fault | None) -> None:
        yard = self._yard(fault)
        await yard.snapshotting.take(yard.turn())

    async def _follow(self, fault: Fault | None) -> None:
        steps: list[str] = []
        with suppress(RestoreRefused):  # There is no backup yet.
            await self._crossing(fault, steps, tuple(CLOUDS)).standby(self._stores(fault, steps)).catch_up()

    async def _fail_over(self) -> bool:
        """Repeat it for as often as it is killed; return whether there was anything to take over."""
        for attempt in range(20):
            steps: list[str] = []
            fault = self._fault() if attempt < self._random.randint(0, 4) else None
            crossing = self._crossing(fault, steps, (ABROAD,))
            control = ControlStores([_harmed_blobs(fault, steps, each) for each in self._scene.stores()])
            try:
                await crossing.made(stores=self._stores(fault, steps, (ABROAD,)), control=control).run()
            except (Died, PortError):
                self.happened["failover killed"] += 1
            except RestoreRefused:
                return False
            else:
                return True
        raise AssertionError("a failover that is not harmed ends")

    async def _look(self, site: ConnectSite, lost: datetime) -> None:
        """Whoever asks the other site finds every number once, in order, and can go on."""
        fence = Fence(self._scene.control(), THERE, self._time.monotonic)
        await fence.confirm()
        house = self._house(*self._there, "there", fence)
        async with running(house, self._keys) as service, service.client(site) as client:
            await self._count(client, lost)
            self.sent = len(await self._numbers(client))
            await self._edit(client)
            assert (await self._numbers(client))[-1] == self.sent

    async def _count(self, client: httpx.AsyncClient, lost: datetime) -> None:
        numbers = await self._numbers(client)
        promised = self._promised(lost)
        assert numbers == list(range(1, len(numbers) + 1)), "each once, in order, none invented"
        assert len(promised) <= len(numbers) <= self.sent, (len(promised), len(numbers), self.sent)
        self.happened["edits"] += self.sent
        self.happened["edits lost"] += self.sent - len(numbers)

    def _promised(self, lost: datetime) -> list[int]:
        return [number for number, when in self.acknowledged.items() if lost - when > PROMISE]

    async def _numbers(self, client: httpx.AsyncClient) -> list[int]:
        answer = await client.get(f"/api/panoramas/{self._panorama}")
        if answer.status_code == httpx.codes.NOT_FOUND and not self.acknowledged:
            return []
        # Each is put before all others.
        return [int(row[3]) for row in reversed(answer.json()["nodes"])]

    def _destroy(self) -> None:
        self._storage.records.clear()
        self._vault.records.clear()
        self._managers[0].failure = Unavailable("lost")
        for name in CLOUDS:
            if name != ABROAD:
                self._buckets[name].missing = True

    def _yard(self, fault: Fault | None) -> Yard:
        steps: list[str] = []
        storage, vault = _harmed(fault, steps, self._storage, self._vault)
        house = self._house(storage, vault, f"shipper {self._random.random()}")
        return Yard(house, self._buckets, stores=self._stores(fault, steps), site=HERE)

    def _stores(self, fault: Fault | None, steps: list[str], names: tuple[str, ...] = tuple(CLOUDS)) -> list[Store]:
        made = {name: MemoryBlobStore(self._time.clock, self._buckets[name]) for name in names}
        return [Store(name, CLOUDS[name], _harmed_blobs(fault, steps, blobs)) for name, blobs in made.items()]

    def _crossing(self, fault: Fault | None, steps: list[str], names: tuple[str, ...]) -> Crossing:
        reading = self._house(MemoryStorage(), MemoryStorage(), "reading")
        yard = Yard(reading, {name: self._buckets[name] for name in names})
        crossing = Crossing(yard, self._scene, Ruin(yard, *_harmed(fault, steps, *self._there)))
        crossing.is_out = True
        return crossing

    def _house(self, storage: Storage, vault: Storage, seed: str, fence: Fence | None = None) -> House:
        return House(storage, vault, time=self._time, seed=seed, managers=self._managers, fence=fence)

    @property
    def _changes(self) -> str:
        return f"/api/panoramas/{self._panorama}/changes"


def _harmed(fault: Fault | None, steps: list[str], *storages: Storage) -> list[Storage]:
    """Return the storages as a process sees them in which that goes wrong."""
    return [each if fault is None else FlakyStorage(each, fault, steps=steps) for each in storages]


def _harmed_blobs(fault: Fault | None, steps: list[str], blobs: BlobStore) -> BlobStore:
    return blobs if fault is None else FlakyBlobStore(blobs, fault, steps=steps)
