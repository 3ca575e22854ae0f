"""Two sites and three control stores: every line between them is cut or not, and a process is stopped in the middle."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import product
from typing import NamedTuple

import pytest

from application.failover.control import ControlStores
from application.failover.fence import PERIOD, Fence
from application.failover.fenced import FencedStorage
from application.failover.takeover import take_over
from domain.epochs import CONFIRMED_FOR, FENCE_WAIT, in_force, majority
from ports.errors import Conflict, PortError, ReadOnly, Unavailable
from ports.storage import Record, Ref
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.summaries import PROPERTY
from tests.unit.application.failover.scenes import begun

STORES = 3
CUTS = list(product((False, True), repeat=STORES))
"""Which of a site's lines to the control stores are cut."""

STOPS = (0.0, CONFIRMED_FOR - PERIOD - 1, CONFIRMED_FOR + FENCE_WAIT + PERIOD)
"""For how many seconds a process is stopped."""

SKEW = 1 / 6
"""By how many hours wall clocks are wrong: ten minutes."""


class Written(NamedTuple):
    """A write that a site has made."""

    epoch: int
    stored: float
    acknowledged: float | None


class Stopped(MemoryStorage):
    """A storage whose process is stopped before a record is stored, and before that is answered."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self.stored = 0.0
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None
        self._time = time

    async def put(self, record: Record) -> None:
        before, self.before = self.before, None
        if before is not None:
            await before()
        self.stored = self._time.monotonic()
        await super().put(record)
        after, self.after = self.after, None
        if after is not None:
            await after()


class Site:
    """A site: one process with its lines to the control stores, its fence, and what it has written."""

    def __init__(self, name: str, time: FakeTime, stores: list[MemoryBlobStore]) -> None:
        self.name = name
        self.lines = stores
        self.control = ControlStores(stores)
        self.fence = Fence(self.control, name, time.monotonic)
        self.storage = Stopped(time)
        self.written: list[Written] = []
        self._fenced = FencedStorage(self.storage, self.fence)
        self._time = time

    async def write(self) -> None:
        """Write something; note when it was stored, and whether and when it was acknowledged."""
        epoch = self.fence.epoch()
        before = len(self.storage.records)
        ref = Ref("t", "kind", f"{self.name}{before:04d}")
        acknowledged = None
        with suppress(ReadOnly):
            await self._fenced.put(Record(ref, 1, b"x", self._time.clock()))
            acknowledged = self._time.monotonic()
        if len(self.storage.records) > before:
            self.written.append(Written(epoch, self.storage.stored, acknowledged))

    def cut(self, lines: tuple[bool, ...]) -> None:
        """Cut some lines, and heal the others."""
        for store, is_cut in zip(self.lines, lines, strict=True):
            store.failure = Unavailable("cut") if is_cut else None


class World:
    """Both sites, in one time."""

    def __init__(self, time: FakeTime, east: Site, west: Site) -> None:
        self.time = time
        self.east = east
        self.west = west

    async def go_on(self, seconds: float, *awake: Site) -> None:
        """Let time pass; whoever is not stopped confirms every five seconds, and tries to write in between."""
        end = self.time.monotonic() + seconds
        while self.time.monotonic() < end:
            for site in awake:
                await site.fence.confirm()
                await site.write()
            self.time.go_on(seconds=min(PERIOD, end - self.time.monotonic()))
            for site in awake:
                await site.write()

    async def take_over(self, seconds: float) -> None:
        """West takes over, if it can, and writes, for so many seconds in all."""
        end = self.time.monotonic() + seconds

        async def sleep(wait: float) -> None:
            await self.go_on(min(wait, max(0.0, end - self.time.monotonic())), self.west)
            if self.time.monotonic() >= end:
                raise Unavailable("interrupted")

        with suppress(PortError, Conflict):
            await take_over(self.west.control, "west", sleep)
        await self.go_on(max(0.0, end - self.time.monotonic()), self.west)

    def assert_one_brain(self) -> None:
        """No write is acknowledged after a newer epoch has begun to write."""
        written = [*self.east.written, *self.west.written]
        for older, newer in product(written, written):
            if older.epoch < newer.epoch and older.acknowledged is not None and newer.acknowledged is not None:
                assert older.acknowledged <= newer.stored, (older, newer)

    def told(self) -> Counter[str]:
        """Count what has been written by either site."""
        written = [*self.east.written, *self.west.written]
        return Counter(
            "stored and not acknowledged" if each.acknowledged is None else f"acknowledged in epoch {each.epoch}"
            for each in written
        )


async def a_world() -> World:
    """Return two sites of which east writes."""
    scene = await begun(site="east")
    time = scene.time
    world = World(time, Site("east", time, scene.stores()), Site("west", time, scene.stores()))
    await world.go_on(PERIOD, world.east, world.west)
    return world


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("place", ["before", "after"])
async def test_split_brain_with_every_line_cut_or_not(
    place: str, stop: float, record_property: Callable[[str, object], None]
) -> None:
    """East is stopped between its check and its write, or its write and its answer, while west takes over.

    Whatever is cut: what is acknowledged never overlaps; and when all is healed exactly one site writes.
    """
    overtaken = 0
    happened: Counter[str] = Counter()
    for east_cuts, west_cuts in product(CUTS, CUTS):
        world = await a_world()
        world.time.step(hours=SKEW)
        world.east.cut(east_cuts)
        world.west.cut(west_cuts)
        stopped = world.take_over
        setattr(world.east.storage, place, lambda world=world, stopped=stopped: stopped(stop))
        await world.east.write()
        world.time.step(hours=-2 * SKEW)
        await world.go_on(CONFIRMED_FOR, world.east, world.west)
        world.assert_one_brain()
        for site in (world.east, world.west):
            site.cut((False,) * STORES)
        with suppress(Conflict):
            await take_over(world.west.control, "west", world.time.sleep)
        await world.go_on(CONFIRMED_FOR, world.east, world.west)
        assert [world.east.fence.is_open, world.west.fence.is_open].count(True) == 1
        world.assert_one_brain()
        overtaken += any(each.epoch > 1 for each in world.west.written)
        happened += world.told()
    told = ", ".join(f"{count} writes {what}" for what, count in sorted(happened.items()))
    ways = f"{len(CUTS) ** 2} ways to cut the lines, stopped for {stop:g} s {place} a write"
    record_property(PROPERTY, f"split brain, {ways}: {told}; none of an older epoch after a newer one had begun")
    assert overtaken == len(CUTS) ** 2, "in the end west has taken over, whatever was cut"


@pytest.mark.parametrize("out", CUTS)
async def test_split_brain_does_not_keep_anybody_from_failing_over_when_a_cloud_is_lost(out: tuple[bool, ...]) -> None:
    """East and its control stores are gone at once: west takes over wherever a majority is left."""
    world = await a_world()
    world.west.cut(out)
    left = STORES - sum(out)
    await world.take_over(FENCE_WAIT + CONFIRMED_FOR)
    words = await world.west.control.words()
    assert world.west.fence.is_open == (left >= majority(STORES))
    assert (in_force(words) is not None and any(each.epoch == 2 for each in world.west.written)) == (left >= 2)
    world.assert_one_brain()
