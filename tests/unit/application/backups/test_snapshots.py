"""A snapshot a day, which can be stopped after any pack, and with what was shipped meanwhile is whole."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from application.backups import snapshots
from application.backups.book import Entry
from application.backups.committing import Committing, Draft
from application.backups.reading import contents_of, records_of
from application.backups.scans import Scanning, Scans
from application.backups.scope import LEFT_OUT
from application.backups.shipping import Shipped, Shipper
from application.backups.sizes import Sizes
from application.backups.snapshots import ABANDONED
from application.maintenance.jobs import Due, Progress, Report, Turn
from application.panoramas.places import PLACE
from domain.backups.manifests import Manifest
from domain.ids import IssueId, PanoramaId
from ports.errors import Unavailable
from ports.storage import SCAN_LIMIT, Record, Ref, Row, Shipping
from tests.contract.storage.samples import MOMENT
from tests.fakes.backups import EAST, Yard
from tests.fakes.house import TENANT
from tests.faults.backups import assert_backed_up
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited, names
from tests.unit.domain.backups.chains import at

SMALL = Sizes(pack=1_000, page=3, page_bytes=1)
"""With these a snapshot takes several packs though there is little to put into them."""


async def lived_in(sizes: Sizes = SMALL) -> Yard:
    """Return a site with a few panoramas, all of it shipped."""
    yard = await a_yard(sizes=sizes)
    for name in ("two", "three", "four"):
        await edited(yard.house, await begun(yard.house, name))
    await cycled(yard)
    return yard


async def taken(yard: Yard) -> list[Manifest]:
    """Return the site's snapshots."""
    return [entry.manifest async for entry in yard.ground.book.after(None) if entry.manifest.is_snapshot]


async def held(yard: Yard, manifest: Manifest) -> list[Row]:
    """Return the records of a manifest."""
    return [row async for rows in records_of(manifest, yard.stores) for row in rows]


def a_short_turn(yard: Yard) -> Turn:
    """Return a turn that is over after one step."""
    steps: Iterator[bool] = iter([True])
    return Turn(yard.time.monotonic, 300, may_go_on=lambda: next(steps, False))


async def test_a_snapshot_holds_everything_that_is_backed_up() -> None:
    """Each record once, in several packs; no notes of the backups themselves, and no tombstones."""
    yard = await lived_in()
    await yard.house.storage.put(Record(Ref("t", "jti", "a"), 1, b"", MOMENT, shipping=Shipping.NEVER))
    report = await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    assert report == Report(
        done={"packs of a snapshot put into the stores": len(manifest.pieces), "snapshots taken": 1}
    )
    assert len(manifest.pieces) > 3
    live = [each for each in await yard.house.storage.everything(1_000) if each.shipping != Shipping.NEVER]
    assert [row.ref for row in await held(yard, manifest)] == [row.ref for row in live]
    await cycled(yard)
    await assert_backed_up(yard)


async def test_its_contents_stand_in_the_stores() -> None:
    """What its records are of, and what opens them."""
    yard = await lived_in()
    await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    contents = await contents_of(manifest, yard.stores)
    assert {TENANT: (1,)}.items() <= contents.keys.items()
    assert sorted(runs for runs in contents.new[TENANT].values()) == [((1, 1),), ((1, 2),), ((1, 2),), ((1, 2),)]


async def test_a_snapshot_is_due_each_day() -> None:
    """At midnight UTC, counted from when the last one began."""
    yard = await lived_in()
    assert await yard.snapshotting.plan() == [Due(at=yard.time.now, what="take a snapshot")]
    await yard.snapshotting.run(yard.turn())
    midnight = datetime(2026, 1, 2, tzinfo=UTC)
    assert await yard.snapshotting.plan() == [Due(at=midnight, what="take a snapshot")]
    assert await yard.snapshotting.run(yard.turn()) == Report()
    yard.time.now = midnight
    assert (await yard.snapshotting.run(yard.turn())).done["snapshots taken"] == 1
    assert len(await taken(yard)) == 2


async def test_a_snapshot_can_be_taken_now() -> None:
    """Though none is due."""
    yard = await lived_in()
    for _ in range(2):
        await yard.snapshotting.take(yard.turn())
    assert len(await taken(yard)) == 2


async def test_a_snapshot_is_due_when_something_is_lost() -> None:
    """Until one has begun after the loss."""
    yard = await lived_in()
    await yard.snapshotting.run(yard.turn())
    await cycled(yard)
    newest = await yard.ground.book.newest()
    assert newest is not None
    await yard.ground.losses.note(newest.position)
    assert (await yard.snapshotting.plan())[0].at == yard.time.now
    await yard.snapshotting.run(yard.turn())
    assert await yard.ground.losses.all() == []
    assert (await yard.snapshotting.plan())[0].at > yard.time.now


async def test_a_loss_before_the_first_snapshot_is_made_up_for() -> None:
    """The first manifest of all may be the one that is lost."""
    yard = await a_yard(sizes=SMALL)
    await yard.snapshotting.run(yard.turn())
    await yard.ground.losses.note(at(1))
    assert (await yard.snapshotting.plan())[0].at == yard.time.now


async def test_a_site_that_does_not_write_takes_none() -> None:
    """Its records are another site's to back up."""
    yard = await lived_in()
    assert await Yard(yard.house, yard.buckets, epoch=0).snapshotting.run(yard.turn()) == Report()


async def test_a_scan_goes_on_where_it_was_stopped() -> None:
    """Turn by turn, in one process or another; no pack is put down twice, and it tells how far it is."""
    yard = await lived_in()
    turns, told = 0, list[Progress]()
    while (await yard.snapshotting.run(a_short_turn(yard))).unfinished:
        turns += 1
        yard = Yard(yard.house, yard.buckets, sizes=SMALL)
    assert turns > 3
    (manifest,) = await taken(yard)
    records = await held(yard, manifest)
    assert len(records) == len({record.ref for record in records})
    await cycled(yard)
    await assert_backed_up(yard)
    await yard.snapshotting.take(Turn(yard.time.monotonic, 300, told=told.append))
    assert told[-1].done == len(records)


async def test_what_is_written_between_two_turns_is_not_missed() -> None:
    """The snapshot owns the segments that were shipped since it began."""
    yard = await lived_in()
    panorama = await begun(yard.house, "busy")
    while (await yard.snapshotting.run(a_short_turn(yard))).unfinished:
        await edited(yard.house, panorama)
        await cycled(yard)
    (manifest,) = await taken(yard)
    assert manifest.scan is not None
    assert manifest.scan.after == at(1)
    assert manifest.scan.until.number > 5
    await cycled(yard)
    await assert_backed_up(yard)


async def test_a_segment_that_was_gathered_before_the_end_does_not_make_it_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process may have gathered before the scan ended, and commit after it."""
    yard = await lived_in()
    other = Yard(yard.house.neighbour(seed="other"), yard.buckets, sizes=SMALL)
    gathered, go_on = asyncio.Event(), asyncio.Event()
    commit = Committing.commit

    async def late(committing: Committing, newest: Entry | None, draft: Draft) -> Entry:
        if committing is other.committing:
            gathered.set()
            await go_on.wait()
        return await commit(committing, newest, draft)

    monkeypatch.setattr(Committing, "commit", late)
    shipping = asyncio.create_task(other.shipper.ship())
    await gathered.wait()
    note = Scans.note

    async def noted(scans: Scans, scanning: Scanning, *, new: bool = False) -> None:
        await note(scans, scanning, new=new)
        if not new:
            go_on.set()
            await shipping

    monkeypatch.setattr(Scans, "note", noted)
    await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    assert manifest.scan is not None
    assert manifest.scan.until == at(3)


async def test_a_segment_that_leaves_something_does_not_make_it_whole() -> None:
    """Only one that holds all which waited."""
    yard = await lived_in(replace(SMALL, unshipped=2))
    for name in ("five", "six", "seven"):
        await begun(yard.house, name)
    newest = await yard.ground.book.newest()
    await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    assert manifest.scan is not None
    assert newest is not None
    until = await yard.ground.book.get(manifest.scan.until)
    assert until is not None
    assert until.manifest.complete
    assert until.position.number > newest.position.number + 2


async def test_without_a_segment_it_waits() -> None:
    """Where nothing can be shipped the scan stands, and the next turn goes on."""
    yard = await lived_in()

    class Idle(Shipper):
        async def ship(self, *, at_once: bool = True) -> Shipped:
            return Shipped()

    idle = Idle(yard.ground, yard.committing, yard.delivery, yard.house.random)
    assert (await snapshots.Snapshotting(yard.ground, idle, yard.house.random).run(yard.turn())).unfinished
    packs = names(yard, EAST)
    assert (await yard.snapshotting.run(yard.turn())).done == {"snapshots taken": 1}
    assert set(packs) <= set(names(yard, EAST))


async def test_a_scan_that_takes_days_is_begun_anew() -> None:
    """What it has found is too old to own everything since."""
    yard = await lived_in()
    await yard.snapshotting.run(a_short_turn(yard))
    yard.time.go_on(seconds=ABANDONED.total_seconds() + 1)
    await cycled(yard)
    await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    assert manifest.scan is not None
    assert manifest.scan.began == yard.time.now
    assert await yard.house.storage.scan("system", "backup-pack") == []


async def test_of_two_that_take_one_at_once_one_is_taken() -> None:
    """The other leaves it to the first."""
    yard = await lived_in()
    other = Yard(yard.house.neighbour(seed="other"), yard.buckets, sizes=SMALL)
    await asyncio.gather(yard.snapshotting.run(yard.turn()), other.snapshotting.run(other.turn()))
    yard.time.go_on(seconds=15)
    await yard.snapshotting.run(yard.turn())
    assert len(await taken(yard)) == 1
    await cycled(yard)
    await assert_backed_up(yard)


async def test_a_snapshot_that_was_committed_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the process died before it could note that."""
    yard = await lived_in()

    async def died(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(yard.snapshotting.scans, "finish", died)
    with pytest.raises(asyncio.CancelledError):
        await yard.snapshotting.run(yard.turn())
    assert (await Yard(yard.house, yard.buckets).snapshotting.run(yard.turn())).done == {}
    assert len(await taken(yard)) == 1
    assert await yard.house.storage.scan("system", "backup-pack") == []


async def test_a_store_that_fails_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was on its way is let go; what was put down stays, and the next turn goes on from there."""
    yard = await lived_in()
    created, left = {name: blobs.create for name, blobs in yard.blobs.items()}, [7]

    def failing(name: str) -> Callable[..., Awaitable[str]]:
        async def create(blob: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
            left[0] -= 1
            if left[0] < 0:
                raise Unavailable("full")
            return await created[name](blob, content, sha256=sha256)

        return create

    for name, blobs in yard.blobs.items():
        monkeypatch.setattr(blobs, "create", failing(name))
    with pytest.raises(Unavailable):
        await yard.snapshotting.run(yard.turn())
    left[0] = 10_000
    assert (await yard.snapshotting.run(yard.turn())).done["snapshots taken"] == 1
    await cycled(yard)
    await assert_backed_up(yard)


async def test_it_gives_way_to_those_who_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    """A position that is taken is tried again, a few times, and then left to the next turn."""
    yard = await lived_in()
    commit, left = yard.ground.book.commit, [2]

    async def contested(manifest: Manifest) -> Entry | None:
        if manifest.is_snapshot and left[0]:
            left[0] -= 1
            return None
        return await commit(manifest)

    monkeypatch.setattr(yard.ground.book, "commit", contested)
    await yard.snapshotting.run(yard.turn())
    assert len(await taken(yard)) == 1
    left[0] = 3
    yard.time.go_on(hours=24)
    assert await yard.snapshotting.run(yard.turn()) == Report()
    assert (await yard.snapshotting.run(yard.turn())).done == {"snapshots taken": 1}


async def test_an_empty_site_has_snapshots_too() -> None:
    """Of a heartbeat, when there has been one; the scan of the very first begins after nothing."""
    yard = await a_yard(sizes=SMALL)
    await yard.snapshotting.run(yard.turn())
    (manifest,) = await taken(yard)
    assert manifest.scan is not None
    assert manifest.scan.after is None
    await cycled(yard)
    await assert_backed_up(yard)


async def test_no_snapshot_holds_anything_of_the_index() -> None:
    """Nor does it where an earlier version has left entries that were meant for backups."""
    yard = await lived_in()
    await yard.house.panoramas.places.announce(TENANT, PanoramaId("f" * 24), [IssueId(1), IssueId(2)])
    for record in await yard.house.storage.scan(TENANT, PLACE):
        old = replace(record, rev=record.rev + 1, shipping=Shipping.PENDING)
        await yard.house.storage.put(old)
        await yard.house.storage.mark_shipped([(old.ref, old.rev)])
    await yard.snapshotting.take(yard.turn())
    (manifest,) = await taken(yard)
    kinds = {row.kind for row in await held(yard, manifest)}
    assert "change" in kinds
    assert not kinds & LEFT_OUT


async def test_pages_become_long_where_records_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the size of those before, and no longer than a store lets them be."""
    yard = await lived_in()
    asked: list[int] = []
    everything = yard.house.storage.everything

    async def noted(limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()) -> list[Row]:
        asked.append(limit)
        return await everything(limit, after=after, without=without)

    monkeypatch.setattr(yard.house.storage, "everything", noted)
    yard.ground.sizes = replace(SMALL, pack=1_000_000, page_bytes=2_500)
    await yard.snapshotting.take(yard.turn())
    assert asked[0] == 3
    assert 3 < asked[1] < SCAN_LIMIT
    asked.clear()
    yard.ground.sizes = replace(SMALL, pack=1_000_000, page_bytes=100_000_000)
    yard.time.go_on(hours=25)
    await yard.snapshotting.take(yard.turn())
    assert asked[:2] == [3, SCAN_LIMIT]
