"""A standby takes what is new as it comes, and says so where it cannot go on."""

from dataclasses import replace
from datetime import datetime

import pytest

from application.backups.names import MANIFESTS, VAULT_COPIES, numbered
from application.backups.stores import Store
from application.failover.emptying import empty, unshipped_in
from application.failover.trial import Trial, compare
from application.restore.checking import check
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from application.restore.target import FOLLOWING, check_whole
from domain.backups.manifests import Position
from domain.ids import TenantId
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Conflict, Corrupt, Unavailable
from ports.storage import Record, Shipping
from tests.fakes.backups import ABROAD, Yard
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.failover import Crossing
from tests.fakes.house import TENANT
from tests.fakes.restore import Ruin
from tests.fakes.retention import Office, opened
from tests.fakes.rotating import rotate, sweep
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited, put
from tests.unit.application.failover import scenes


async def a_crossing() -> Crossing:
    """Return a site with one panorama that has been shipped, and an empty standby."""
    yard = await a_yard()
    await cycled(yard, 2)
    return Crossing(yard, await scenes.begun(site="aws"))


async def is_like(crossing: Crossing) -> Trial:
    """Return what is missing in the standby of what the site that writes has."""
    house = crossing.ruin.house("looking")
    await check(house.records, house.panoramas.loader)
    return await compare(crossing.yard.house.storage, crossing.ruin.storage)


async def test_a_standby_is_filled_once_and_then_takes_what_is_new() -> None:
    """Each turn in a new process; a snapshot brings nothing that the segments have not."""
    crossing = await a_crossing()
    yard = crossing.yard
    first = await crossing.standby().catch_up()
    assert (first.began, first.manifests) == (True, 0)
    panorama = await begun(yard.house, "two")
    await cycled(yard)
    await yard.snapshotting.take(yard.turn())
    await edited(yard.house, panorama)
    await cycled(yard)
    told: list[tuple[int, int]] = []
    second = await crossing.standby().catch_up(lambda done, total: told.append((done, total)))
    assert (second.began, second.manifests >= 3) == (False, True)
    assert told[-1][0] == told[-1][1] > 0
    assert (await is_like(crossing)).failed == 0
    assert second.following.covered is not None
    assert first.following.covered is not None
    assert second.following.covered > first.following.covered
    assert (await crossing.standby().catch_up()).manifests == 0
    newest = await Yard(crossing.ruin.house(), yard.buckets).ground.book.newest()
    assert newest is not None
    assert newest.chained.link == second.following.applied


async def test_a_snapshot_alone_is_passed_over() -> None:
    """A standby that has everything need not read it."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    await crossing.yard.snapshotting.take(crossing.yard.turn())
    caught = await crossing.standby().catch_up()
    newest = await crossing.yard.ground.book.newest()
    assert newest is not None
    assert caught.following.applied == newest.chained.link


async def test_a_snapshot_that_follows_segments_is_passed_over_too() -> None:
    """The next turn goes on behind it."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    await edited(crossing.yard.house, await begun(crossing.yard.house, "two"))
    await crossing.yard.snapshotting.take(crossing.yard.turn())
    newest = await crossing.yard.ground.book.newest()
    assert newest is not None
    assert newest.manifest.is_snapshot
    caught = await crossing.standby().catch_up()
    assert caught.following.applied == newest.chained.link
    assert (await crossing.standby().catch_up()).manifests == 0


async def test_of_several_new_copies_of_the_vault_the_newest_is_taken() -> None:
    """An older one lacks the keys of whoever came since."""
    crossing = await a_crossing()
    yard = crossing.yard
    first = await crossing.standby().catch_up()
    for letter in "bc":
        await yard.house.vault.create(TenantId(letter * 24))
        await cycled(yard)
    newest = await yard.ground.book.newest_copy()
    assert newest is not None
    assert newest.position.number == first.following.copy.number + 2
    caught = await crossing.standby().catch_up()
    assert caught.following.copy == newest.position
    assert await crossing.ruin.house().vault.numbers(TenantId("c" * 24)) == (1,)


async def test_a_tenant_that_comes_while_the_copies_are_read_is_not_erased() -> None:
    """The site writes by then, and the tenant is its own: no copy of the vault's can hold its keys."""
    crossing = await a_crossing()
    yard = crossing.yard
    await crossing.standby().catch_up()
    await rotate(yard.house, TENANT)
    await cycled(yard)
    later = TenantId("b" * 24)

    class Installing(MemoryBlobStore):
        async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
            found = await super().list(prefix=prefix, after=after, limit=limit)
            if prefix == VAULT_COPIES:
                await crossing.ruin.house().vault.create(later)
            return found

    stores = [replace(each, blobs=Installing(yard.time.clock, yard.buckets[each.name])) for each in yard.stores]
    await crossing.standby(stores).catch_up()
    assert await crossing.ruin.house().vault.numbers(later) == (1,)


async def test_keys_follow_and_those_of_the_erased_go() -> None:
    """A rotation comes over; who is erased at the one site is erased at the other, keys first."""
    crossing = await a_crossing()
    yard = crossing.yard
    await crossing.standby().catch_up()
    await rotate(yard.house, TENANT)
    await sweep(yard.house, TENANT)
    await cycled(yard, 2)
    await crossing.standby().catch_up()
    assert len(await crossing.ruin.house().vault.numbers(TENANT)) == 2
    assert (await is_like(crossing)).failed == 0
    await yard.house.vault.erase(TENANT)
    yard.time.go_on(hours=25)
    await cycled(yard)
    standby = crossing.standby()
    await standby.catch_up()
    assert await crossing.ruin.house().vault.numbers(TENANT) == ()
    assert await standby.erase() == 0


async def test_whom_the_ledger_names_is_erased_from_a_standby() -> None:
    """What it had taken of the tenant before goes; who has come back since stays."""
    office = await opened()
    yard = Yard(office.house)
    gone = await office.settle()
    await cycled(yard, 2)
    crossing = Crossing(yard, await scenes.begun(site="aws"))
    await crossing.standby().catch_up()
    assert await crossing.ruin.storage.holdings(gone)
    await office.remove()
    await office.purge_all()
    back = await office.settle()
    await cycled(yard, 2)
    standby = crossing.standby()
    await standby.catch_up()
    assert (await standby.erase(), await standby.erase()) == (1, 0)
    assert await crossing.ruin.storage.holdings(gone) == {}
    assert await Office(crossing.ruin.house()).read(back) == "made by a user"


async def test_a_standby_serves_nobody() -> None:
    """Until it is the one that writes."""
    crossing = await a_crossing()
    await check_whole(crossing.ruin.storage)
    standby = crossing.standby()
    await standby.catch_up()
    with pytest.raises(Unavailable, match="a standby"):
        await check_whole(crossing.ruin.storage)
    await standby.stand_ready(2)
    following = await standby.following()
    assert following is not None
    assert following.epoch == 2
    await standby.finish()
    await standby.finish()
    await check_whole(crossing.ruin.storage)


async def test_who_has_not_followed_does_not_stand_ready() -> None:
    """There is nothing that it could serve."""
    crossing = await a_crossing()
    with pytest.raises(RestoreRefused, match="has not followed"):
        await crossing.standby().stand_ready(2)


async def test_a_chain_that_does_not_go_on_from_there_is_refused() -> None:
    """Something is missing in between, or what the standby has was set aside."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    yard = crossing.yard
    await cycled(yard, 2)
    for bucket in yard.buckets.values():
        name = sorted(each for each in bucket.blobs if each.decode().startswith(MANIFESTS))[-2]
        del bucket.blobs[name]
    with pytest.raises(RestoreRefused, match="does not follow") as refused:
        await crossing.standby().catch_up()
    assert "storage empty" in refused.value.remedy


async def test_a_slower_follower_changes_nothing() -> None:
    """Another has gone further, or has made the site the one that writes."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    before = await crossing.ruin.storage.get(FOLLOWING)
    assert before is not None
    await cycled(crossing.yard)
    await crossing.standby().catch_up()
    beyond = await crossing.ruin.storage.get(FOLLOWING)
    assert beyond is not None

    stale = Record(FOLLOWING, beyond.rev + 1, before.body, before.updated, shipping=Shipping.NEVER)
    await crossing.ruin.storage.put(stale)
    caught = await crossing.standby().catch_up()
    assert caught.manifests == 1
    await crossing.standby().stand_ready(3)
    with pytest.raises(Conflict):
        await crossing.standby().stand_ready(2)


async def test_a_note_that_does_not_decode_is_corrupt() -> None:
    """Nobody knows how far it has followed."""
    crossing = await a_crossing()
    note = Record(FOLLOWING, 1, b"?", crossing.yard.time.clock(), shipping=Shipping.NEVER)
    await crossing.ruin.storage.put(note)
    with pytest.raises(Corrupt, match="about following"):
        await crossing.standby().catch_up()


async def test_one_store_that_answers_is_enough() -> None:
    """Where none does, that is told; nothing is taken for the newest."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    await cycled(crossing.yard)
    for name, store in crossing.yard.blobs.items():
        store.failure = None if name == ABROAD else Unavailable("out")
    assert (await crossing.standby().catch_up()).manifests == 1
    crossing.yard.blobs[ABROAD].failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await crossing.standby().catch_up()
    with pytest.raises(Unavailable):
        await crossing.ruin.reading().newest()


async def test_the_newest_manifest_is_found() -> None:
    """None where there is none; a damaged one is not passed over."""
    crossing = await a_crossing()
    newest = await crossing.yard.ground.book.newest()
    assert newest is not None
    reading = crossing.ruin.reading()
    assert await reading.newest() == newest.chained
    assert await reading.newest(newest.position) is None
    assert await Ruin(await a_yard()).reading().newest() is None
    for bucket in crossing.yard.buckets.values():
        damage(bucket)
    with pytest.raises(RestoreRefused, match="damaged in every store"):
        await crossing.ruin.reading().newest()


async def test_what_was_written_later_is_not_believed_in() -> None:
    """By the clock of the store; yet no new epoch begins below what anybody has put there."""
    crossing = await a_crossing()
    before = crossing.yard.time.clock()
    await cycled(crossing.yard, 2)
    reading = Stores(crossing.yard.stores, written_before=before)
    assert [each.position.number for each in await reading.line()] == [1]
    assert await reading.highest_epoch() == 1
    crossing.yard.blobs[ABROAD].failure = Unavailable("out")
    assert await reading.highest_epoch() == 1
    assert [flaw.code for flaw in reading.flaws] == ["unavailable"]


class Versioned(MemoryBlobStore):
    """A store that keeps what was put over, as far as this test goes: it knows what was there at a moment."""

    def as_of(self, moment: datetime) -> MemoryBlobStore:
        """Return what was there before."""
        before = {name: held for name, held in self.bucket.blobs.items() if held[0].written < moment}
        return MemoryBlobStore(lambda: moment, Bucket(before))


async def test_an_epoch_that_was_forged_is_seen_though_the_past_is_read() -> None:
    """Else the restored site would begin below it, and the next restore would take what was forged for the end."""
    crossing = await a_crossing()
    yard = crossing.yard
    newest = await yard.ground.book.newest()
    assert newest is not None
    versioned = Versioned(yard.time.clock, yard.buckets[ABROAD])
    yard.time.go_on(seconds=1)
    moment = yard.time.clock()
    await put(versioned, numbered(MANIFESTS, Position(777, 1)), newest.content)
    reading = Stores([Store(ABROAD, "gcp", versioned)], written_before=moment)
    assert await reading.line() == await crossing.ruin.reading().line(), "that name holds no manifest of its position"
    restore = crossing.ruin.restore_from(reading, crossing.ruin.house())
    prepared = await restore.prepare(None)
    assert (prepared.newest.epoch, await restore.beyond(prepared)) == (1, 777)


def damage(bucket: Bucket) -> None:
    """Damage the newest manifest."""
    name = max(each for each in bucket.blobs if each.decode().startswith(MANIFESTS))
    bucket.blobs[name] = (bucket.blobs[name][0], b"?")


async def test_a_site_that_was_taken_over_from_is_emptied() -> None:
    """Records and tombstones; what no backup holds is counted before."""
    yard = await a_yard()
    await yard.house.panoramas.entries.delete(TENANT, await begun(yard.house, "gone"))
    unshipped = await unshipped_in(yard.house.storage)
    assert unshipped[TENANT, "change"] >= 2
    assert await empty(yard.house.storage) >= 4
    assert not await yard.house.storage.everything(1)
    assert not await yard.house.storage.unshipped(1)
    assert await unshipped_in(yard.house.storage) == {}
    assert await empty(yard.house.storage) == 0


async def test_of_several_tenants_none_is_left() -> None:
    """Those too of whom everything is shipped."""
    office = await opened()
    tenants = [await office.settle(f"jira:{name}") for name in "abc"]
    await cycled(Yard(office.house), 2)
    for tenant in tenants:
        assert await office.house.storage.holdings(tenant)
    await empty(office.house.storage)
    assert not await office.house.storage.everything(1)
