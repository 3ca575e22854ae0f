"""A restored site makes its index: every step may fail, edits go on meanwhile, and no lookup misses anything."""

from contextlib import suppress

import pytest

from application.backups.scope import LEFT_OUT
from application.keys.blind_index import INDEX_KEY, BlindIndex, IndexSecret
from application.keys.vault import KEY_LIFETIME
from application.maintenance.jobs import Due, Report, Turn
from application.panoramas.index_tidying import LOOK
from application.panoramas.lists import panoramas_of_issue
from application.panoramas.places import PLACE
from domain.ids import SYSTEM, IssueId, PanoramaId
from ports.errors import PortError
from ports.storage import Shipping
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT, House
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue

ISSUES = range(1, 6)


class Scene:
    """Three panoramas in a site that has no index: what is left of it, once it has been restored."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.store, self.vault = MemoryStorage(), MemoryStorage()
        self.flaky = FlakyStorage(self.store)
        self.origin = House(self.store, self.vault, time=self.time)
        self.holders: dict[int, list[PanoramaId]] = {each: [] for each in ISSUES}

    async def begin(self) -> "Scene":
        """Put some issues into one panorama, and some into several."""
        for tenant in (TENANT, SYSTEM):
            await self.origin.vault.create(tenant)
        self.panoramas = [await a_panorama(self.origin) for _ in range(3)]
        for where, numbers in enumerate(((1, 2), (2, 3), (3, 4))):
            await self.add(self.origin, where, *numbers)
        self.lose_the_index()
        return self

    def lose_the_index(self) -> None:
        """Leave what backups are about, as a restore does."""
        kept = {ref: record for ref, record in self.store.records.items() if ref.kind not in LEFT_OUT}
        self.store.records = kept

    def process(self, seed: str, *, flaky: bool = False) -> House:
        """Return a new process at the stores."""
        storage = self.flaky if flaky else self.store
        return House(storage, self.vault, time=self.time, seed=seed, managers=self.origin.managers)

    async def add(self, house: House, where: int, *numbers: int) -> None:
        """Put issues into a panorama; once that is acknowledged, they must be found."""
        await edited(house, self.panoramas[where], *map(issue, numbers))
        for number in numbers:
            self.holders[number] = sorted({*self.holders[number], self.panoramas[where]})

    async def check(self, *houses: House) -> None:
        """Look every issue up in each process."""
        for house in houses:
            for number, holders in self.holders.items():
                hits = await panoramas_of_issue(TENANT, ANN, IssueId(number), house.panoramas)
                assert [hit.panorama for hit in hits] == holders

    async def check_whole(self, house: House) -> None:
        """The index alone leads to what holds an issue, and backups have nothing of it."""
        for number, holders in self.holders.items():
            assert await house.panoramas.places.lookup(TENANT, IssueId(number)) == holders
        made = [*await self.store.scan(TENANT, PLACE), *await self.store.scan(TENANT, INDEX_KEY)]
        assert {record.shipping for record in made} == {Shipping.NEVER}


async def turned(house: House) -> Report:
    """Give the job a turn."""
    return await house.index_care.tidying.run(Turn(house.time.monotonic, 10**9))


async def made(fault: Fault) -> bool:
    """Make the index with one fault, while somebody edits, and have another process complete it; whether it struck."""
    scene = await Scene().begin()
    reader, editor = scene.process("reader"), scene.process("editor")
    maker = scene.process("maker", flaky=True)
    await scene.check(reader)
    scene.flaky.plan = (fault,)
    with suppress(Died, PortError):
        await turned(maker)
    struck = len(scene.flaky.steps) >= fault.call
    await scene.add(editor, 0, 5)
    await scene.check(reader, editor, scene.process("fresh"))
    survivor = scene.process("survivor")
    scene.time.go_on(seconds=LOOK)
    assert not (await turned(survivor)).findings
    await scene.add(editor, 2, 5, 1)
    scene.time.go_on(seconds=KEY_LIFETIME)
    for house in (reader, editor, survivor, scene.process("last")):
        await scene.check(house)
        await scene.check_whole(house)
    return struck


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_step_fails_an_index_is_made(harm: Harm) -> None:
    """A call that fails, an answer that is lost, or a death: until the index is whole, the trees are asked instead."""
    step = 1
    while await made(Fault(step, harm)):
        step += 1
    assert step > 10


async def test_until_it_is_whole_every_panorama_may_hold_an_issue() -> None:
    """One entry too few would be an issue that nobody finds."""
    scene = await Scene().begin()
    house = scene.process("edits")
    await scene.add(house, 0, 4)
    assert len(await scene.store.scan(TENANT, PLACE)) == 1
    assert await house.panoramas.places.lookup(TENANT, IssueId(4)) == sorted(scene.panoramas)
    (key,) = await house.records.scan(TENANT, INDEX_KEY, IndexSecret)
    assert not key.value.whole
    assert (await turned(house)).done == {"missing index entries made": 6}
    assert await house.panoramas.places.lookup(TENANT, IssueId(4)) == sorted(scene.panoramas)
    scene.time.go_on(seconds=KEY_LIFETIME)
    await scene.check_whole(house)


async def test_a_site_that_has_panoramas_gets_its_index_without_being_asked() -> None:
    """Nobody has to edit or look anything up before; who has no panorama needs no index."""
    scene = await Scene().begin()
    house = scene.process("maintains")
    due = [Due(at=scene.time.now, what="compare the index with the trees", tenant=TENANT)]
    assert await house.index_care.tidying.plan() == due
    assert (await turned(house)).done == {"missing index entries made": 6}
    assert await scene.store.scan(SYSTEM, INDEX_KEY) == []
    scene.time.go_on(seconds=KEY_LIFETIME)
    await scene.check_whole(house)


async def test_a_site_that_writes_again_after_another_did_looks_for_its_keys_anew() -> None:
    """Its storage may have been emptied meanwhile, and filled by following: what it had is not there any more."""
    scene = await Scene().begin()
    epochs = [1]
    house = scene.process("of two epochs")
    await turned(house)
    index = BlindIndex(house.records, scene.time.clock, scene.time.monotonic, house.random, lambda: epochs[-1])
    assert await index.is_whole(TENANT)
    scene.lose_the_index()
    epochs.append(3)
    assert not await index.is_whole(TENANT)
