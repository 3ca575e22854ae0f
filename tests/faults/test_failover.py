"""A failover, and a standby, killed at any step: begun again they end the same, and one site writes."""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from application.backups.stores import Store
from application.failover.control import ControlStores
from application.failover.trial import compare
from application.restore.checking import check
from application.restore.target import FOLLOWING, NOTE, check_whole
from domain.epochs import Word
from ports.errors import PortError
from ports.storage import Storage
from tests.fakes.backups import CLOUDS, SMALL, Yard
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.failover import HERE, THERE, Crossing
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import TENANT, House
from tests.fakes.restore import Ruin
from tests.fakes.rotating import rotate
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited
from tests.unit.application.failover import scenes

HARMS = [Harm.DEATH_BEFORE, Harm.DEATH_AFTER, Harm.LOST_ANSWER]
STEPS = READS | WRITES | every_blob_method()

each_harm = pytest.mark.parametrize("harm", HARMS, ids=lambda it: it.name.lower())


async def lived_in() -> Yard:
    """Return a site with a snapshot, segments, keys of two generations, and a deleted record."""
    yard = await a_yard(sizes=SMALL)
    two = await begun(yard.house, "two")
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await rotate(yard.house)
    await edited(yard.house, await begun(yard.house, "three"))
    await yard.house.panoramas.entries.delete(TENANT, two)
    await cycled(yard)
    return yard


def as_it_was(yard: Yard, storages: Sequence[MemoryStorage]) -> tuple[Yard, list[MemoryStorage]]:
    """Return another process at copies of everything, so that each round begins with the same."""
    house = yard.house
    held = [copied(each) for each in (house.storage, house.vault_storage, *storages)]
    again = House(held[0], held[1], time=house.time, seed="again", managers=house.managers)
    return Yard(again, {name: Bucket(dict(bucket.blobs)) for name, bucket in yard.buckets.items()}, sizes=SMALL), held[
        2:
    ]


def copied(storage: Storage) -> MemoryStorage:
    """Return a storage that holds the same."""
    assert isinstance(storage, MemoryStorage)
    made = MemoryStorage()
    made.records = dict(storage.records)
    return made


def struck_stores(yard: Yard, fault: Fault, steps: list[str]) -> Sequence[Store]:
    """Return the blob stores as the process sees them that is harmed."""
    return [
        Store(name, CLOUDS[name], FlakyBlobStore(MemoryBlobStore(yard.time.clock, bucket), fault, steps=steps))
        for name, bucket in yard.buckets.items()
    ]


@each_harm
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
async def test_a_failover_killed_anywhere_ends_with_one_site_that_writes(harm: Harm, *, warm: bool) -> None:
    """Whichever of its steps is the last of a process, another process finishes it; nothing is lost."""
    lived = await lived_in()
    there = [MemoryStorage(), MemoryStorage()]
    if warm:
        await Crossing(lived, await scenes.begun(site=HERE), Ruin(lived, *there)).standby().catch_up()
    await edited(lived.house, await begun(lived.house, "late"))
    step, struck = 0, True
    while struck:
        step += 1
        scene = await scenes.begun(site=HERE)
        yard, (storage, vault) = as_it_was(lived, there)
        steps: list[str] = []
        fault = Fault(step, harm, methods=STEPS)
        ruin = Ruin(yard, FlakyStorage(storage, fault, steps=steps), FlakyStorage(vault, fault, steps=steps))
        control = ControlStores([FlakyBlobStore(store, fault, steps=steps) for store in scene.stores()])
        with suppress(Died, PortError):
            await Crossing(yard, scene, ruin).made(stores=struck_stores(yard, fault, steps), control=control).run()
        struck = len(steps) >= step
        after = Crossing(yard, scene, Ruin(yard, storage, vault))
        await after.made().run()
        assert await after.word() in {Word(2, THERE), Word(3, THERE)}, step
        await check_whole(storage)
        house = after.ruin.house("looking")
        await check(house.records, house.panoramas.loader)
        assert (await compare(yard.house.storage, storage)).failed == 0, step
    assert step > 60, "a failover has steps that can fail"


@each_harm
async def test_a_standby_killed_anywhere_goes_on(harm: Harm) -> None:
    """Filled or half filled, beside a follower that is faster: it ends with everything, and still is a standby."""
    lived = await lived_in()
    scene = await scenes.begun(site=HERE)
    step, struck = 0, True
    while struck:
        step += 1
        yard, (storage, vault) = as_it_was(lived, [MemoryStorage(), MemoryStorage()])
        steps: list[str] = []
        fault = Fault(step, harm, methods=STEPS)
        ruin = Ruin(yard, FlakyStorage(storage, fault, steps=steps), FlakyStorage(vault, fault, steps=steps))
        dying = Crossing(yard, scene, ruin).standby(struck_stores(yard, fault, steps))
        with suppress(Died, PortError):
            await dying.catch_up()
            await edited(yard.house, await begun(yard.house, "late"))
            await cycled(yard)
            await dying.catch_up()
        struck = len(steps) >= step
        after = Crossing(yard, scene, Ruin(yard, storage, vault))
        await after.standby().catch_up()
        assert (await compare(yard.house.storage, storage)).failed == 0, step
        assert await storage.get(NOTE) is None
        assert await storage.get(FOLLOWING) is not None
    assert step > 60, "following has steps that can fail"
