"""Whatever the blob store is, a site can be backed up into it, and read back from it alone."""

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256

import pytest

from application.backups.names import OBJECTS
from application.backups.problems import Part
from application.backups.reading import listed
from application.backups.stores import Store
from ports.blobs import BlobStore, Capability
from ports.errors import AlreadyExists, PermissionDenied
from tests.contract.blobs.stores import WORLDS
from tests.contract.blobs.worlds import World
from tests.fakes.backups import SMALL, Yard
from tests.fakes.house import furnished
from tests.fakes.sources import FakeTime
from tests.faults.backups import assert_backed_up
from tests.unit.application.backups.scenes import begun, cycled, edited


async def a_site(store: BlobStore, now: datetime) -> Yard:
    """Return a site that has been backed up into a store: segments, a snapshot, and copies of the vault."""
    house = await furnished(time=FakeTime(now))
    yard = Yard(house, {}, stores=[Store("the store", None, store)], sizes=SMALL)
    panorama = await begun(yard.house)
    await cycled(yard)
    await edited(yard.house, panorama)
    await yard.snapshotting.take(yard.turn())
    await edited(yard.house, panorama)
    await cycled(yard)
    return yard


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """One store of each kind; snapshots take several packs."""
    async with WORLDS[request.param](request) as made:
        yield made


async def test_a_site_is_backed_up(world: World) -> None:
    """What the store holds is what the site does; and a second look at everything finds nothing wrong."""
    yard = await a_site(world.store, world.now())
    await assert_backed_up(yard)
    looked = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert looked.problems == ()
    assert looked.read == looked.objects > 5
    assert (await yard.backups.pruning.prune(yard.turn())).findings == ()


async def test_whoever_has_the_credentials_of_the_service_cannot_undo_it(world: World) -> None:
    """Nothing is written over; and where the store can lock, nothing is deleted, the newest manifest included."""
    yard = await a_site(world.store, world.now())

    async def nonsense() -> AsyncIterator[bytes]:
        yield b"nonsense"

    for info in [each async for each in listed(yard.stores[0], "")]:
        with pytest.raises(AlreadyExists):
            await world.store.create(info.name, nonsense(), sha256=sha256(b"nonsense").digest())
        if Capability.RETENTION in world.store.capabilities:
            with pytest.raises(PermissionDenied):
                await world.store.delete(info.name)
            tag = (await world.store.info(info.name)).tag
            with pytest.raises(PermissionDenied):
                await world.store.replace(info.name, b"nonsense", tag=tag)
    assert (await yard.backups.verifier.verify(yard.stores[0], Part())).problems == ()


async def test_what_goes_missing_is_given_once_more(world: World) -> None:
    """From another store; here a store in memory beside it. What the store locks does not go missing."""
    await world.store.check()
    if Capability.RETENTION in world.store.capabilities:
        return
    house = await furnished(time=FakeTime(world.now()))
    memory = Yard(house).stores[0]
    yard = Yard(house, {}, stores=[Store("the store", None, world.store), memory], sizes=SMALL)
    await begun(house)
    await cycled(yard, 2)
    for info in [each async for each in listed(yard.stores[0], OBJECTS)]:
        await world.store.delete(info.name)
    looked = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert len(looked.problems) == 2
    await yard.backups.verifier.repair(looked)
    await cycled(yard)
    await assert_backed_up(yard)
