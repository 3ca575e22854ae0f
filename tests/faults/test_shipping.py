"""Every step of a cycle of shipping, every way in which that step may fail."""

import pytest

from application.backups.stores import Store
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.fold import fold_history
from application.sealing.records import Write
from domain.ids import PanoramaId, TenantId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from ports.errors import PortError
from ports.storage import Ref
from tests.fakes.backups import CLOUDS, Yard, buckets
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.backups import assert_backed_up
from tests.faults.scenarios import PART_SIZE, LargeEdit

STEPS = READS | WRITES | every_blob_method()
LASTING = 12
"""A part that is away for that many calls outlasts every retry."""

NEWCOMER = TenantId("bbbbbbbbbbbbbbbbbbbbbbbb")


async def lived_in(storage: FlakyStorage) -> tuple[House, PanoramaId]:
    """Return a house in which things have been made, made large, and taken away again, and nothing has been shipped."""
    house = await furnished(storage, part_size=PART_SIZE)
    scenario = LargeEdit()
    panorama = await scenario.prepare(house)
    await scenario.act(house, panorama)
    await house.panoramas.close()
    return house, panorama


async def go_on(house: House, panorama: PanoramaId) -> None:
    """Change what is there: a new tenant's key, another edit, a fold of history, which leaves stubs and tombstones."""
    house.time.go_on(seconds=15)
    await house.vault.create(NEWCOMER)
    await house.records.put(Write(Ref(NEWCOMER, "note", "1"), 1, "sealed under a new key"))
    add = Add(Kind.GROUP, Place(), title="more", node=-1)
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(add,)), house.panoramas)
    await fold_history(TENANT, panorama, 3, house.panoramas)
    await house.panoramas.close()


def yard_of(house: House, held: dict[str, Bucket], *plan: Fault) -> Yard:
    """Return the backups of a process in which the steps of the storage and of all stores are one plan's."""
    storage = house.storage
    assert isinstance(storage, FlakyStorage)
    stores = [
        Store(
            name,
            CLOUDS[name],
            FlakyBlobStore(MemoryBlobStore(house.time.clock, bucket), *plan, steps=storage.steps),
        )
        for name, bucket in held.items()
    ]
    storage.plan = plan
    return Yard(house, held, stores=stores)


async def tried(fault: Fault) -> bool:
    """Ship twice, the second time with one fault, and check what must hold; return whether the fault struck."""
    steps: list[str] = []
    house, panorama = await lived_in(FlakyStorage(MemoryStorage(), steps=steps))
    held = buckets()
    await yard_of(house, held).shipper.ship()
    await go_on(house, panorama)
    steps.clear()
    try:
        await yard_of(house, held, fault).shipper.ship()
    except (Died, PortError):
        assert len(steps) >= fault.call
    struck = len([step for step in steps if step in fault.methods]) >= fault.call

    assert isinstance(house.storage, FlakyStorage)
    survivor = Yard(house.neighbour(house.storage.inner, seed="survivor"), held)
    await survivor.shipper.ship()
    await assert_backed_up(survivor)
    house.time.go_on(seconds=15)
    await survivor.shipper.ship()
    await assert_backed_up(survivor)
    return struck


@pytest.mark.parametrize("times", [1, LASTING], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_fails_the_chain_is_one_and_nothing_is_missed(harm: Harm, times: int) -> None:
    """Whoever ships next finishes what was begun: no fork, no gap, nothing twice, every store the same."""
    step = 1
    while await tried(Fault(step, harm, methods=STEPS, times=times)):
        step += 1
    assert step > 30, "a cycle has steps that can fail"
