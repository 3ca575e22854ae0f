"""A site is restored from its blob stores alone, as it was at the newest moment or at another."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.fold import fold_history
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.lists import list_panoramas, panoramas_of_issue
from application.restore import writing
from application.restore.checking import check
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from application.restore.target import NOTE, check_whole
from domain.backups.manifests import Position
from domain.backups.recovery import windows
from domain.errors import PanoramaMissing
from domain.ids import IssueId, PanoramaId, TenantId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from ports.errors import Corrupt, Unavailable
from ports.storage import Record, Shipping
from tests.fakes.backups import Yard
from tests.fakes.house import ANN, TENANT, House
from tests.fakes.restore import NEXT, Ruin
from tests.fakes.retention import Office, opened
from tests.fakes.rotating import rotate, sweep
from tests.fakes.storage import MemoryStorage
from tests.faults.backups import assert_chain
from tests.unit.application.backups.scenes import a_yard, begun, cycled, discarded, edited

ISSUE = IssueId(10_001)
SECOND = timedelta(seconds=1)


async def hold(house: House, panorama: PanoramaId, issue: IssueId = ISSUE) -> None:
    """Put an issue into a panorama."""
    add = Add(Kind.ISSUE, Place(), issue=issue, node=-1)
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(add,)), house.panoramas)


async def names_in(house: House, tenant: TenantId = TENANT) -> list[str]:
    """Return what a list of panoramas shows."""
    return [entry.name for entry in await list_panoramas(tenant, ANN, house.panoramas)]


async def version_of(house: House, panorama: PanoramaId) -> int:
    """Return the newest version of a panorama."""
    return (await house.panoramas.newest(TENANT, panorama)).tree.version


async def digest_of(house: House) -> str:
    """Return the digest over all that is sealed in a site."""
    return (await check(house.records, house.panoramas.loader)).digest


async def lived_in(days: int = 2) -> tuple[Yard, PanoramaId]:
    """Return a site with a snapshot, with segments before and after it, and with a panorama that holds an issue."""
    yard = await a_yard()
    panorama = await begun(yard.house, "held")
    await hold(yard.house, panorama)
    await cycled(yard, 2)
    for _ in range(days):
        await edited(yard.house, panorama)
        yard.time.go_on(hours=24)
        await cycled(yard)
        await yard.snapshotting.run(yard.turn())
        await edited(yard.house, panorama)
        await cycled(yard)
    return yard, panorama


async def test_a_site_is_restored_as_it_was() -> None:
    """Every record is there as it was sealed, opens with the restored vault, and is found in lists and by issues."""
    yard, panorama = await lived_in()
    ruin = Ruin(yard)
    restored = await ruin.restored()
    house = ruin.house()
    assert restored.checked.digest == await digest_of(yard.house)
    assert (restored.checked.tenants, restored.checked.panoramas, restored.erased) == (1, 2, 0)
    assert restored.flaws == ()
    assert await names_in(house) == await names_in(yard.house)
    assert [hit.panorama for hit in await panoramas_of_issue(TENANT, ANN, ISSUE, house.panoramas)] == [panorama]
    assert await ruin.storage.get(NOTE) is None
    await edited(house, panorama)
    assert await version_of(house, panorama) == await version_of(yard.house, panorama) + 1


async def test_the_chain_goes_on_from_a_restored_site() -> None:
    """In the next epoch: what the restored site ships follows what it was restored from, and can be restored again."""
    yard, panorama = await lived_in()
    ruin = Ruin(yard)
    await ruin.restored()
    again = Yard(ruin.house(), yard.buckets, epoch=NEXT)
    await edited(again.house, panorama)
    await cycled(again, 2)
    await again.snapshotting.take(again.turn())
    chain = await assert_chain(again.stores[0])
    assert chain.manifests[-1].position.epoch == NEXT
    assert chain.manifests[0].position == Position(1, 1)
    twice = Ruin(again)
    assert (await twice.restored()).checked.digest == await digest_of(again.house)


async def test_a_site_without_any_snapshot_is_restored_from_its_segments() -> None:
    """From the very first on."""
    yard = await a_yard()
    await cycled(yard, 2)
    assert (await Ruin(yard).restored()).checked.digest == await digest_of(yard.house)


async def test_what_was_deleted_stays_deleted() -> None:
    """And leaves no tombstone behind, which nobody would ever take away."""
    yard = await a_yard()
    panorama = await begun(yard.house, "two")
    await cycled(yard)
    await yard.house.panoramas.entries.delete(TENANT, panorama)
    await cycled(yard, 2)
    ruin = Ruin(yard)
    await ruin.restored()
    assert await names_in(ruin.house()) == ["one"]
    assert isinstance(ruin.storage, MemoryStorage)
    assert [record for record in ruin.storage.records.values() if record.body is None] == []


async def a_past() -> tuple[Yard, PanoramaId, datetime]:
    """Return a site, a panorama in its lists, and the moment of its third version, of which much was done after."""
    yard = await a_yard()
    panorama = await begun(yard.house, "held")
    await hold(yard.house, panorama)
    await cycled(yard, 2)
    await edited(yard.house, panorama)
    moment = yard.time.clock()
    return yard, panorama, moment


async def test_point_in_time_is_exact_to_the_millisecond() -> None:
    """What was written at the moment is there, what was written a millisecond after it is not."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=0.001)
    await edited(yard.house, panorama)
    await cycled(yard, 3)
    for at, version in ((moment, 3), (moment + timedelta(milliseconds=1), 4), (moment - timedelta(milliseconds=1), 2)):
        ruin = Ruin(yard)
        restored = await ruin.restored(at)
        assert await version_of(ruin.house(), panorama) == version
        assert restored.checked.panoramas == 2


async def test_point_in_time_shows_lists_and_issues_of_that_time() -> None:
    """What was begun later is not there, what was discarded later is, and issues lead to what held them."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=1)
    late = await begun(yard.house, "late")
    other = IssueId(20_002)
    await hold(yard.house, late, other)
    address = Address(TENANT, panorama)
    await discarded(yard.house, panorama)
    loaded = await yard.house.panoramas.loader.newest(address)
    assert await clear_discarded(address, loaded, yard.house.panoramas, lambda: True)
    await cycled(yard, 3)
    assert await names_in(yard.house) == ["one", "late"]
    ruin = Ruin(yard)
    await ruin.restored(moment)
    house = ruin.house()
    assert sorted(await names_in(house)) == ["held", "one"]
    assert [hit.panorama for hit in await panoramas_of_issue(TENANT, ANN, ISSUE, house.panoramas)] == [panorama]
    assert await panoramas_of_issue(TENANT, ANN, other, house.panoramas) == []
    with pytest.raises(PanoramaMissing):
        await house.panoramas.newest(TENANT, late)


async def test_point_in_time_holds_across_clocks_that_differ() -> None:
    """A later version that a slow clock dated back is not there without the version before it."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=1)
    await edited(yard.house, panorama)
    yard.time.step(hours=-1)
    await edited(yard.house, panorama)
    yard.time.step(hours=1)
    await cycled(yard, 3)
    ruin = Ruin(yard)
    await ruin.restored(moment)
    assert await version_of(ruin.house(), panorama) == 3


async def test_point_in_time_undoes_a_fold_of_history() -> None:
    """Whether what was folded had been made before the moment or after it."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=1)
    await edited(yard.house, panorama)
    await cycled(yard)
    await fold_history(TENANT, panorama, 3, yard.house.panoramas)
    await cycled(yard, 3)
    ruin = Ruin(yard)
    await ruin.restored(moment)
    assert await version_of(ruin.house(), panorama) == 3
    newest = Ruin(yard)
    await newest.restored()
    assert await version_of(newest.house(), panorama) == 4


async def test_point_in_time_holds_across_a_rotation_of_keys() -> None:
    """What was sealed under an older generation opens, for the backups have kept it alive."""
    yard, panorama, moment = await a_past()
    await cycled(yard)
    yard.time.go_on(hours=24 * 2)
    await rotate(yard.house)
    await sweep(yard.house)
    await edited(yard.house, panorama)
    await cycled(yard, 3)
    for at, version in ((moment, 3), (None, 4)):
        ruin = Ruin(yard)
        await ruin.restored(at)
        assert await version_of(ruin.house(), panorama) == version


async def test_point_in_time_ships_what_the_chain_does_not_say() -> None:
    """The chain of the restored site forks off before the moment; what is restored from it has the site's new past."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=1)
    await edited(yard.house, panorama)
    await cycled(yard, 3)
    ruin = Ruin(yard)
    await ruin.restored(moment)
    again = Yard(ruin.house(), yard.buckets, epoch=NEXT)
    yard.time.go_on(hours=1)
    await hold(again.house, panorama, IssueId(30_003))
    await cycled(again, 3)
    twice = Ruin(again)
    assert (await twice.restored(epoch=NEXT)).checked.digest == await digest_of(again.house)
    assert await version_of(twice.house(), panorama) == 4
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(30_003), twice.house().panoramas)) == 1


async def test_point_in_time_holds_across_an_erasure_and_a_return() -> None:
    """An erased tenant stays erased, one that has come back stays, and its new secret works."""
    office: Office = await opened()
    yard = Yard(office.house)
    first = await office.install()
    assert first is not None
    await create_panorama(CreateRequest(first, ANN, "gone", "f", name="gone"), yard.house.panoramas)
    await cycled(yard, 2)
    moment = yard.time.clock()
    await office.remove()
    await cycled(yard)
    await office.purge_all()
    second = await office.install(secret="another")
    assert second is not None
    await create_panorama(CreateRequest(second, ANN, "back", "f", name="back"), yard.house.panoramas)
    await cycled(yard, 3)
    for at in (None, moment + SECOND):
        ruin = Ruin(yard)
        restored = await ruin.restored(at)
        assert restored.erased == 1
        again = Office(ruin.house())
        view = await again.tenants.by_alias("jira:site")
        assert view is not None
        assert view.tenant.secrets is not None
        assert (view.tenant.id, view.tenant.secrets.current) == (second, "another")
        assert await again.left(first) == []
        assert await names_in(ruin.house(), second) == (["back"] if at is None else [])


async def test_a_target_that_is_not_empty_is_refused() -> None:
    """Its storage or its vault: nothing is ever restored over what is there."""
    yard = await a_yard()
    await cycled(yard, 2)
    for ruin in (Ruin(yard, storage=yard.house.storage), Ruin(yard, vault=yard.house.vault_storage)):
        with pytest.raises(RestoreRefused, match="not empty"):
            await ruin.restored()


async def test_what_no_backup_leads_to_is_refused() -> None:
    """With the moments that there are, if any."""
    yard = await a_yard()
    with pytest.raises(RestoreRefused, match="no backup leads to the newest moment") as nothing:
        await Ruin(yard).restored()
    assert "tells what is missing" in nothing.value.remedy
    await cycled(yard, 2)
    with pytest.raises(RestoreRefused, match="no backup leads to 2020") as early:
        await Ruin(yard).restored(datetime.fromisoformat("2020-01-01T00:00:00Z"))
    assert "choose a moment from 2026-01-01T" in early.value.remedy


async def test_another_moment_than_the_one_under_way_is_refused() -> None:
    """And so is a chain that has lost what the restore began with."""
    yard, _, moment = await a_past()
    await cycled(yard, 3)
    ruin = Ruin(yard)
    await ruin.target.note((await ruin.restore().prepare(None)).restoring)
    with pytest.raises(RestoreRefused, match="a restore of the newest moment was begun there"):
        await ruin.restored(moment)
    for bucket in yard.buckets.values():
        for name in [name for name in bucket.blobs if name.startswith(b"manifests/")][-1:]:
            del bucket.blobs[name]
    with pytest.raises(RestoreRefused, match="no longer there"):
        await ruin.restored()


async def test_what_is_shipped_meanwhile_is_not_restored() -> None:
    """Begun again, a restore ends where it would have ended."""
    yard = await a_yard()
    await cycled(yard, 2)
    ruin = Ruin(yard)
    prepared = await ruin.restore().prepare(None)
    await ruin.target.note(prepared.restoring)
    await cycled(yard, 2)
    assert (await ruin.restored()).position == prepared.plan.point.position


async def test_an_epoch_that_may_have_been_another_sites_is_refused() -> None:
    """The newest moment may be gone on with in its own epoch, the past only in a later one."""
    yard, _, moment = await a_past()
    yard.time.go_on(seconds=1)
    await cycled(yard, 3)
    with pytest.raises(RestoreRefused, match="must begin an epoch after 1"):
        await Ruin(yard).restored(moment, epoch=1)
    with pytest.raises(RestoreRefused, match="this one is 0"):
        await Ruin(yard).restored(epoch=0)
    await Ruin(yard).restored(epoch=1)


async def test_half_a_site_is_known_as_such() -> None:
    """From the first write of a restore until after its last."""
    yard = await a_yard()
    await cycled(yard, 2)
    ruin = Ruin(yard)
    await ruin.target.finish()
    await check_whole(ruin.storage)
    await ruin.target.note((await ruin.restore().prepare(None)).restoring)
    with pytest.raises(Unavailable, match="repeat `panorama restore`"):
        await check_whole(ruin.storage)
    await ruin.restored()
    await check_whole(ruin.storage)


async def test_a_note_that_does_not_decode_is_corrupt() -> None:
    """Nobody knows what it was to be."""
    yard = await a_yard()
    await cycled(yard, 2)
    ruin = Ruin(yard)
    await ruin.storage.put(Record(NOTE, 1, b"{", yard.time.clock(), shipping=Shipping.NEVER))
    with pytest.raises(Corrupt):
        await ruin.restored()


async def test_a_manifest_of_another_form_is_not_taken_for_its_own() -> None:
    """Its bytes would not be those that the next manifest names."""
    yard = await a_yard()
    await cycled(yard, 2)
    line = await Stores(yard.stores).line()
    altered = [replace(each, sha256="0" * 64) for each in line]
    with pytest.raises(Corrupt):
        await writing.write_book(MemoryStorage(), altered, line[-1].position, (), yard.time.clock)


async def test_point_in_time_reaches_an_old_monthly() -> None:
    """Eleven months later, over a gap: panoramas are as they were then, and what has been deleted since is not back."""
    yard, panorama, _ = await a_past()
    lost = await begun(yard.house, "archived later")
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await cycled(yard, 2)
    await discarded(yard.house, lost)
    assert await clear_discarded(Address(TENANT, lost), None, yard.house.panoramas, lambda: True)
    for month in range(11):
        await edited(yard.house, panorama)
        await cycled(yard, 2)
        yard.time.go_on(hours=24 * 30)
        await yard.snapshotting.take(yard.turn())
        await cycled(yard, 2)
        if month == 5:
            await rotate(yard.house)
            await sweep(yard.house)
    await yard.backups.pruning.prune(yard.turn())
    spans = windows([each.manifest for each in await Stores(yard.stores).line()])
    assert len(spans) > 2
    old = spans[0].last
    with pytest.raises(RestoreRefused, match="missing"):
        await Ruin(yard).restored(old + timedelta(days=45))
    ruin = Ruin(yard)
    restored = await ruin.restored(old)
    assert restored.checked.panoramas == 3
    assert await version_of(ruin.house(), panorama) == 3
    assert sorted(await names_in(ruin.house())) == ["archived later", "held", "one"]
    again = Yard(ruin.house(), yard.buckets, epoch=NEXT)
    await edited(again.house, panorama)
    await cycled(again, 3)
    await again.snapshotting.take(again.turn())
    twice = Ruin(again)
    assert (await twice.restored()).checked.digest == await digest_of(again.house)
