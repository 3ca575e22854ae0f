"""Every step of taking a snapshot, every way in which that step may fail, and others who write meanwhile."""

import asyncio

import pytest

from application.backups.stores import Store
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from domain.ids import PanoramaId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from ports.errors import PortError
from tests.fakes.backups import CLOUDS, SMALL, Yard, buckets
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.backups import assert_backed_up, assert_snapshots, chain_in

STEPS = READS | WRITES | every_blob_method()
LASTING = 12
"""A part that is away for that many calls outlasts every retry."""


async def lived_in(storage: FlakyStorage) -> House:
    """Return a house with a few panoramas."""
    house = await furnished(storage)
    for name in ("one", "two", "three"):
        created = await create_panorama(CreateRequest(TENANT, ANN, name, "f", name=name), house.panoramas)
        for _ in range(3):
            await edit(house, created.panorama)
    return house


async def edit(house: House, panorama: PanoramaId) -> None:
    """Add a group."""
    add = Add(Kind.GROUP, Place(), title="more", node=-1)
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(add,)), house.panoramas)


def yard_of(house: House, held: dict[str, Bucket], *plan: Fault) -> Yard:
    """Return the backups of a process in which the steps of the storage and of all stores are one plan's."""
    storage = house.storage
    assert isinstance(storage, FlakyStorage)
    clock = house.time.clock
    stores = [
        Store(name, CLOUDS[name], FlakyBlobStore(MemoryBlobStore(clock, bucket), *plan, steps=storage.steps))
        for name, bucket in held.items()
    ]
    storage.plan = plan
    return Yard(house, held, stores=stores, sizes=SMALL)


async def tried(fault: Fault) -> bool:
    """Take a snapshot with one fault, have another process go on, and check what must hold."""
    steps: list[str] = []
    house = await lived_in(FlakyStorage(MemoryStorage(), steps=steps))
    held = buckets()
    await yard_of(house, held).shipper.ship()
    house.time.go_on(seconds=15)
    steps.clear()
    faulty = yard_of(house, held, fault)
    try:
        await faulty.snapshotting.take(faulty.turn())
    except (Died, PortError):
        assert len(steps) >= fault.call
    struck = len([step for step in steps if step in fault.methods]) >= fault.call

    assert isinstance(house.storage, FlakyStorage)
    survivor = Yard(house.neighbour(house.storage.inner, seed="survivor"), held, sizes=SMALL)
    house.time.go_on(seconds=15)
    await survivor.snapshotting.run(survivor.turn())
    house.time.go_on(seconds=15)
    await survivor.shipper.ship()
    await assert_backed_up(survivor)
    chain = await chain_in(survivor.stores[0])
    assert len([each for each in chain.manifests if each.is_snapshot]) == 1, "the snapshot is taken twice, or never"
    assert await house.storage.inner.scan("system", "backup-pack") == []
    return struck


@pytest.mark.parametrize("times", [1, LASTING], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_fails_one_snapshot_is_taken_and_it_is_whole(harm: Harm, times: int) -> None:
    """Whoever goes on finishes what was begun."""
    step = 1
    while await tried(Fault(step, harm, methods=STEPS, times=times)):
        step += 1
    assert step > 60, "a snapshot has steps that can fail"


async def test_what_others_write_meanwhile_makes_no_gap() -> None:
    """While a snapshot is taken, pack by pack in turns of no length, others edit and ship: it is whole all the same."""
    house = await lived_in(FlakyStorage(MemoryStorage()))
    held = buckets()
    one, other = (Yard(each, held, sizes=SMALL) for each in (house, house.neighbour(seed="other")))
    await one.shipper.ship()
    house.time.go_on(seconds=15)
    created = await create_panorama(CreateRequest(TENANT, ANN, "busy", "f", name="busy"), house.panoramas)

    async def be_busy() -> None:
        for turn in range(60):
            await edit(other.house, created.panorama)
            if turn % 5 == 0:
                house.time.go_on(seconds=15)
                await other.shipper.ship()

    async def take() -> None:
        while (await one.snapshotting.take(one.turn())).unfinished:
            await asyncio.sleep(0)

    await asyncio.gather(be_busy(), take())
    house.time.go_on(seconds=15)
    await one.shipper.ship()
    await assert_backed_up(one)
    assert await assert_snapshots(await chain_in(one.stores[0]), one.stores[0], house.storage) == 1
