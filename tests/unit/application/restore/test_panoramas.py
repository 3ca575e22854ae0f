"""Panoramas of a tenant are brought back from the backups as new ones, into a site that goes on."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from application.backups.stores import Store
from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.lists import panoramas_of_issue
from application.restore.gathering import Scratch
from application.restore.panoramas import BroughtBack, PanoramaRestore
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from domain.ids import PanoramaId, TenantId
from domain.panoramas.access import Access
from domain.panoramas.commands import SetAccess
from domain.panoramas.tree import Tree
from tests.fakes.backups import EAST, Yard
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore
from tests.fakes.house import ANN, TENANT, House
from tests.fakes.rotating import rotate, sweep
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import begun, cycled, discarded, edited
from tests.unit.application.restore.test_site import ISSUE, a_past


async def brought(
    yard: Yard,
    at: datetime | None,
    panorama: PanoramaId | None = None,
    *,
    tenant: TenantId = TENANT,
    house: House | None = None,
    stores: Sequence[Store] | None = None,
    write: bool = True,
) -> BroughtBack:
    """Bring panoramas back, in a process of its own."""
    living = house or yard.house.neighbour(seed="restoring")
    scratch = MemoryStorage()
    past = House(scratch, living.vault_storage, time=yard.time, seed="past", managers=living.managers)
    restore = PanoramaRestore(
        Stores(yard.stores if stores is None else stores), Scratch(scratch, past.panoramas), living.panoramas
    )
    return await restore.run(tenant, panorama, at, write=write)


async def tree_of(yard: Yard, panorama: PanoramaId | None) -> Tree:
    """Return the newest tree."""
    assert panorama is not None
    return (await yard.house.panoramas.newest(TENANT, panorama)).tree


async def test_a_panorama_is_brought_back_as_it_was() -> None:
    """As a new one beside the living one, which stays as it is; its issues lead to both."""
    yard, panorama, moment = await a_past()
    before = (await tree_of(yard, panorama)).outline_rows()
    yard.time.go_on(seconds=1)
    await edited(yard.house, panorama)
    await cycled(yard, 3)
    back = await brought(yard, moment, panorama)
    (only,) = back.panoramas
    assert (only.original, only.version, back.flaws) == (panorama, 3, ())
    copy = await tree_of(yard, only.panorama)
    assert (copy.name, copy.owner, copy.outline_rows()) == ("held", ANN, before)
    assert (await tree_of(yard, panorama)).version == 4
    hits = await panoramas_of_issue(TENANT, ANN, ISSUE, yard.house.panoramas)
    assert {hit.panorama for hit in hits} == {panorama, only.panorama}


async def test_all_panoramas_of_a_tenant_are_brought_back() -> None:
    """Also those that have been discarded since; from a snapshot too, across a rotation of keys."""
    yard, panorama, _ = await a_past()
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await cycled(yard)
    moment = yard.time.clock()
    yard.time.go_on(hours=1)
    await discarded(yard.house, panorama)
    await rotate(yard.house)
    await sweep(yard.house)
    await begun(yard.house, "late")
    await cycled(yard, 3)
    back = await brought(yard, moment)
    assert sorted([(await tree_of(yard, each.panorama)).name for each in back.panoramas]) == ["held", "one"]
    newest = await brought(yard, None)
    assert sorted([(await tree_of(yard, each.panorama)).name for each in newest.panoramas]) == ["late", "one"]


async def test_nobody_sees_more_than_today() -> None:
    """What has been closed to most stays so."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=1)
    closed = SetAccess(Access(frozenset({ANN}), frozenset({ANN})))
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(closed,)), yard.house.panoramas)
    await cycled(yard, 3)
    (only,) = (await brought(yard, moment, panorama)).panoramas
    assert (await tree_of(yard, only.panorama)).access == Access(frozenset({ANN}), frozenset({ANN}))


async def test_a_dry_run_writes_nothing() -> None:
    """But says what there would be."""
    yard, panorama, moment = await a_past()
    await cycled(yard, 3)
    assert isinstance(yard.house.storage, MemoryStorage)
    before = dict(yard.house.storage.records)
    (only,) = (await brought(yard, moment, panorama, write=False)).panoramas
    assert (only.panorama, only.nodes > 1) == (None, True)
    assert yard.house.storage.records == before


async def test_what_was_not_there_is_refused() -> None:
    """A panorama that had not begun; a tenant that nobody knows has none."""
    yard, _, moment = await a_past()
    yard.time.go_on(seconds=1)
    late = await begun(yard.house, "late")
    await cycled(yard, 3)
    with pytest.raises(RestoreRefused, match="no such panorama"):
        await brought(yard, moment, late)
    await discarded(yard.house, late)
    await cycled(yard, 3)
    with pytest.raises(RestoreRefused, match="no such panorama"):
        await brought(yard, None, late)
    assert await clear_discarded(Address(TENANT, late), None, yard.house.panoramas, lambda: True)
    await cycled(yard, 3)
    with pytest.raises(RestoreRefused, match="no such panorama"):
        await brought(yard, None, late)
    assert (await brought(yard, None, tenant=TenantId("b" * 24))).panoramas == ()


async def test_what_does_not_open_is_refused() -> None:
    """The keys of an erased tenant are gone."""
    yard, panorama, moment = await a_past()
    await cycled(yard, 3)
    await yard.house.vault.erase(TENANT)
    with pytest.raises(RestoreRefused, match="is not whole in the backups"):
        await brought(yard, moment, panorama)


@pytest.mark.parametrize("harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER], ids=lambda harm: harm.name.lower())
async def test_killed_anywhere_and_repeated_nothing_is_doubled(harm: Harm) -> None:
    """Each panorama is brought back once."""
    step, struck = 0, True
    while struck:
        step += 1
        yard, _, moment = await a_past()
        await cycled(yard, 3)
        steps: list[str] = []
        flaky = FlakyStorage(yard.house.storage, Fault(step, harm, methods=READS | WRITES), steps=steps)
        try:
            await brought(yard, moment, house=yard.house.neighbour(flaky, seed="dying"))
        except Died:
            assert len(steps) >= step
        struck = len(steps) >= step
        again = await brought(yard, moment)
        found = [record.ref.key for record in await yard.house.storage.scan(TENANT, "panorama")]
        assert len(found) == len(set(found)) == 4
        assert {each.panorama for each in again.panoramas} < set(found)
    assert step > 10


async def test_objects_of_others_are_not_read() -> None:
    """Of a snapshot only the packs that hold something of the tenant."""
    yard, panorama, _ = await a_past()
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await cycled(yard, 2)
    steps: list[str] = []
    stores = [Store(EAST, "aws", FlakyBlobStore(yard.blobs[EAST], steps=steps))]
    (only,) = (await brought(yard, None, panorama, stores=stores)).panoramas
    with_something = steps.count("blob read")
    steps.clear()
    assert (await brought(yard, None, tenant=TenantId("b" * 24), stores=stores)).panoramas == ()
    assert only.version == 3
    assert steps.count("blob read") < with_something
