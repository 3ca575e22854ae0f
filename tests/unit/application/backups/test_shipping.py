"""A cycle ships whatever waits, once, whoever else ships at the same time."""

import asyncio
from datetime import timedelta

import pytest

from application.backups.names import OBJECTS
from application.backups.reading import contents_of, records_of
from application.backups.shipping import HEARTBEAT, PERIOD, Shipped, Shipper, ship_for_ever
from application.backups.sizes import Sizes
from domain.backups.manifests import Manifest
from ports.errors import Unavailable
from ports.storage import SCAN_LIMIT, Record, Shipping
from tests.fakes.backups import ABROAD, EAST, Yard
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.backups import assert_backed_up
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited, manifests, names, remove
from tests.unit.domain.backups.chains import at


async def book(yard: Yard) -> list[Manifest]:
    """Return the site's manifests."""
    return [entry.manifest async for entry in yard.ground.book.after(None)]


async def test_what_waits_is_shipped_once() -> None:
    """The first cycle ships all that there is, each later one what has changed since."""
    yard = await a_yard()
    shipped = await yard.shipper.ship()
    assert (shipped.segments, shipped.records > 2, shipped.behind, shipped.failure) == (1, True, {}, None)
    yard.time.go_on(seconds=15)
    shipped = await yard.shipper.ship()
    assert (shipped.segments, shipped.records) == (1, 1)
    await assert_backed_up(yard)


async def test_each_cycle_has_a_heartbeat() -> None:
    """So that silence means that nothing is shipped."""
    yard = Yard(await furnished())
    for beats in range(1, 4):
        await cycled(yard)
        record = await yard.house.storage.get(HEARTBEAT)
        assert record is not None
        assert (record.rev, record.updated, record.shipping) == (beats, yard.time.now, Shipping.DONE)


async def test_a_site_that_does_not_write_ships_nothing() -> None:
    """Another site's epoch is in force, or nobody knows whose."""
    house = await furnished()
    yard = Yard(house, epoch=0)
    assert await yard.shipper.ship() == Shipped()
    assert await yard.ground.book.newest() is None


async def test_an_epoch_that_is_over_adds_nothing() -> None:
    """Whatever the process believes: the chain has gone on without it."""
    yard = await a_yard()
    await Yard(yard.house, yard.buckets, epoch=2).shipper.ship()
    await edited(yard.house, await begun(yard.house, "two"))
    yard.time.go_on(seconds=15)
    assert (await yard.shipper.ship()).segments == 0
    assert [manifest.position for manifest in await book(yard)] == [at(1, 2)]


async def test_a_new_epoch_says_where_the_one_before_ended() -> None:
    """Its first manifest names the last one."""
    yard = await a_yard()
    await cycled(yard, 2)
    await cycled(Yard(yard.house, yard.buckets, epoch=2))
    *_, last, first = [entry async for entry in yard.ground.book.after(None)]
    assert first.manifest.position == at(1, 2)
    assert first.manifest.predecessor == last.chained.link
    await assert_backed_up(yard)


async def test_it_is_left_to_whoever_has_just_shipped() -> None:
    """Unless it is asked for at once; a manifest from the future, and a snapshot, say nothing."""
    yard = await a_yard()
    await yard.shipper.ship()
    yard.time.go_on(seconds=9)
    assert await yard.shipper.ship(at_once=False) == Shipped()
    assert (await yard.shipper.ship()).segments == 1
    yard.time.go_on(seconds=10)
    assert (await yard.shipper.ship(at_once=False)).segments == 1
    yard.time.go_on(seconds=-60)
    assert (await yard.shipper.ship(at_once=False)).segments == 1
    yard.time.go_on(seconds=60)
    await yard.snapshotting.take(yard.turn())
    assert (await yard.shipper.ship(at_once=False)).segments == 1


async def test_more_than_a_page_is_shipped_in_several_segments() -> None:
    """All in one cycle. Only the last of them covers everything up to when it was gathered."""
    yard = await a_yard(sizes=Sizes(unshipped=5))
    for name in ("two", "three", "four"):
        await edited(yard.house, await begun(yard.house, name))
    began = yard.time.now
    shipped = await yard.shipper.ship()
    assert shipped.segments > 2
    *first, last = await book(yard)
    assert [manifest.covered for manifest in first] == [None] * len(first)
    assert [manifest.complete for manifest in (*first, last)] == [False] * len(first) + [True]
    assert last.covered == began
    await assert_backed_up(yard)


async def test_what_is_covered_never_goes_back() -> None:
    """However clocks differ."""
    yard = await a_yard()
    await yard.shipper.ship()
    covered = yard.time.now
    yard.time.go_on(seconds=-600)
    await yard.shipper.ship()
    assert [manifest.covered for manifest in await book(yard)] == [covered, covered]


async def test_contents_that_are_too_many_stand_in_an_object() -> None:
    """The manifest stays small enough for a record."""
    yard = await a_yard(sizes=Sizes(inline_contents=100))
    await yard.shipper.ship()
    (manifest,) = await book(yard)
    assert not manifest.contents.new
    assert len(manifest.indexes) == 1
    assert list((await contents_of(manifest, yard.stores)).new) == [TENANT]
    await assert_backed_up(yard)


async def test_much_is_divided_into_objects() -> None:
    """Each about as large as a pack."""
    yard = await a_yard(sizes=Sizes(pack=600))
    for name in ("two", "three"):
        await begun(yard.house, name)
    await yard.shipper.ship()
    (manifest,) = await book(yard)
    assert len(manifest.pieces) > 2
    held = [record async for records in records_of(manifest, yard.stores) for record in records]
    assert len(held) == manifest.records == len({record.ref for record in held})
    await assert_backed_up(yard)


async def test_of_two_that_ship_at_once_one_adds_a_segment() -> None:
    """Round by round, while others edit: one chain, nothing missed, nothing twice."""
    yard = await a_yard()
    panorama = await begun(yard.house, "busy")
    other = Yard(yard.house.neighbour(seed="other"), yard.buckets)
    for _ in range(20):
        yard.time.go_on(seconds=15)
        await asyncio.gather(
            yard.shipper.ship(), edited(yard.house, panorama), other.shipper.ship(), edited(other.house, panorama)
        )
    await cycled(yard)
    await assert_backed_up(yard)


async def test_no_store_takes_anything() -> None:
    """Nothing is committed, and all of it is shipped when one is back."""
    yard = await a_yard()
    for blobs in yard.blobs.values():
        blobs.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await yard.shipper.ship()
    assert await book(yard) == []
    yard.blobs[ABROAD].failure = None
    assert (await yard.shipper.ship()).segments == 1
    assert await yard.house.storage.unshipped(1) == []
    for blobs in yard.blobs.values():
        blobs.failure = None
    await cycled(yard)
    await assert_backed_up(yard)


class Dying(MemoryStorage):
    """Its process ends before anything is marked."""

    async def mark_shipped(self, revisions: object) -> None:
        raise asyncio.CancelledError


async def died_before_marking() -> Yard:
    """Return a site whose first segment was committed by a process that died before it marked the records."""
    yard = await a_yard()
    dying = Dying()
    assert isinstance(yard.house.storage, MemoryStorage)
    dying.records = yard.house.storage.records
    with pytest.raises(asyncio.CancelledError):
        await Yard(House(dying, yard.house.vault_storage, time=yard.time), yard.buckets).shipper.ship()
    yard.time.go_on(seconds=15)
    return yard


async def test_what_was_not_marked_is_marked_by_the_next() -> None:
    """By what the stores hold; it is not shipped again."""
    yard = await died_before_marking()
    assert (await yard.shipper.ship()).records == 1
    await assert_backed_up(yard)


async def test_what_was_lost_before_it_was_marked_is_shipped_again() -> None:
    """Its records wait still; the loss is noted, since what was deleted meanwhile needs a snapshot."""
    yard = await died_before_marking()
    waiting = len(await yard.house.storage.unshipped(SCAN_LIMIT))
    for store in yard.buckets:
        remove(yard, store, names(yard, store, OBJECTS)[0])
    assert (await yard.shipper.ship()).records == waiting
    assert await yard.ground.losses.all() == [at(1)]
    assert [entry.settled async for entry in yard.ground.book.after(None)] == [True, True]
    assert manifests(yard, EAST) == manifests(yard, ABROAD)


class Restless(MemoryStorage):
    """Somebody else's heart beats first."""

    async def put(self, record: Record) -> None:
        if record.ref == HEARTBEAT:
            await super().put(record)
        await super().put(record)


async def test_another_heartbeat_is_as_good() -> None:
    """The cycle goes on."""
    yard = Yard(await furnished(Restless()))
    assert (await yard.shipper.ship()).segments == 1


async def test_cycles_follow_one_another() -> None:
    """One each 15 seconds, whatever a cycle takes and however it ends."""
    yard = await a_yard()
    began: list[float] = []
    told: list[Shipped] = []

    class Slow(Shipper):
        async def ship(self, *, at_once: bool = True) -> Shipped:
            began.append(yard.time.monotonic())
            yard.time.go_on(seconds=20 if len(began) == 2 else 4)
            if len(began) == 1:
                raise Unavailable("out")
            return await super().ship(at_once=at_once)

    shipper = Slow(yard.ground, yard.committing, yard.delivery, yard.house.random)

    async def sleep(seconds: float) -> None:
        if len(began) >= 4:
            raise asyncio.CancelledError
        await yard.time.sleep(seconds)

    with pytest.raises(asyncio.CancelledError):
        await ship_for_ever(shipper, yard.time.monotonic, sleep, told.append)
    assert timedelta(seconds=15) == PERIOD
    assert began == [0, 15, 35, 50]
    assert [each.failure.code if each.failure else None for each in told] == ["unavailable", None, None, None]
    with pytest.raises(asyncio.CancelledError):
        await ship_for_ever(shipper, yard.time.monotonic, sleep)
