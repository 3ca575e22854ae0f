"""What is kept no longer is taken away from every store, and nothing else, whoever has added what."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.backups.book import encoded
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, numbered
from application.backups.packs import NO_ATTEMPT, packed
from application.backups.problems import Part
from application.backups.pruning import EVERY
from application.backups.reading import manifests_in
from application.backups.sizes import SIZES, Sizes
from application.backups.states import Shed
from application.maintenance.jobs import Due, Report, Turn
from domain.backups.chains import Chained, arranged
from domain.backups.manifests import Manifest, VaultCopy
from domain.backups.recovery import recovery_point
from domain.backups.retention import Retention
from domain.ids import TenantId
from ports.blobs import Capability
from ports.errors import PermissionDenied, Unavailable
from tests.fakes.backups import ABROAD, EAST, POLICY, WEST, Yard
from tests.unit.application.backups.scenes import (
    a_yard,
    begun,
    edited,
    lets_out,
    manifest_name,
    manifests,
    names,
    put,
    remove,
    state,
)
from tests.unit.domain.backups.chains import at, segment

DAY = timedelta(days=1)
UNLOCKED = frozenset(Capability) - {Capability.RETENTION}
DELETED, LOCKED = "objects of backups deleted", "objects of backups left locked"


async def lived(yard: Yard, days: int, *, locks: bool = False) -> Yard:
    """Back a site up for so many days: three segments a day, and a snapshot."""
    for blobs in yard.blobs.values():
        blobs.can = frozenset(Capability) if locks else UNLOCKED
    panorama = await begun(yard.house, "busy")
    for _ in range(days):
        for _ in range(3):
            yard.time.go_on(hours=8)
            await edited(yard.house, panorama)
            await yard.shipper.ship()
        await yard.snapshotting.run(yard.turn())
    return yard


async def a_site(days: int, sizes: Sizes = SIZES) -> Yard:
    """Return a site that has been backed up for so many days into stores that lock nothing."""
    return await lived(await a_yard(sizes=sizes), days)


async def pruned(yard: Yard) -> Report:
    """Prune now."""
    return await yard.backups.pruning.prune(yard.turn())


def a_short_turn(yard: Yard) -> Turn:
    """Return a turn that is over after a step or two."""
    steps = iter([True, True])
    return Turn(yard.time.monotonic, 300, may_go_on=lambda: next(steps, False))


async def book(yard: Yard) -> list[str]:
    """Return the names of the manifests that the book knows."""
    return [numbered(MANIFESTS, entry.position) async for entry in yard.ground.book.after(None)]


async def test_a_young_chain_is_left_alone() -> None:
    """There is nothing older than a week to begin from."""
    yard = await a_site(6)
    before = {store: names(yard, store) for store in yard.buckets}
    assert await pruned(yard) == Report()
    assert {store: names(yard, store) for store in yard.buckets} == before


async def test_what_is_kept_no_longer_goes_from_every_store() -> None:
    """With its objects, and at last from the book; what is left is whole."""
    yard = await a_site(12)
    before = manifests(yard, EAST)
    report = await pruned(yard)
    known = [piece async for entry in yard.ground.book.after(None) for piece in entry.manifest.objects]
    for store in yard.stores:
        assert manifests(yard, store.name) == await book(yard)
        assert set(names(yard, store.name, OBJECTS)) == {named(OBJECTS, piece) for piece in known}
        assert (await yard.backups.verifier.verify(store, Part())).problems == ()
    gone = set(before) - set(manifests(yard, EAST))
    assert report.done["manifests forgotten"] == len(gone) > 10
    assert report.findings == ()
    assert (await pruned(yard)).done == {}


async def test_it_is_due_twice_a_day() -> None:
    """From the first time on."""
    yard = await a_site(1)
    assert await yard.backups.pruning.plan() == [Due(at=yard.time.now, what="prune the backups")]
    await put(yard.blobs[EAST], "objects/aa/orphan", b"x")
    await yard.backups.pruning.run(yard.turn())
    assert await yard.backups.pruning.plan() == [Due(at=yard.time.now + EVERY, what="prune the backups")]
    yard.time.go_on(hours=11)
    assert await yard.backups.pruning.run(yard.turn()) == Report()
    yard.time.go_on(hours=14)
    assert (await yard.backups.pruning.run(yard.turn())).done == {DELETED: 1}


async def test_a_site_that_does_not_write_prunes_nothing() -> None:
    """The backups are another site's to keep."""
    yard = await a_site(12)
    assert await pruned(Yard(yard.house, yard.buckets, epoch=0)) == Report()


async def test_what_is_locked_stays_until_it_is_not() -> None:
    """A manifest with all that it names, or an object by itself; what has been locked for its time alone goes."""
    yard = await lived(await a_yard(), 12, locks=True)
    entries = [entry.manifest async for entry in yard.ground.book.after(None)]
    (other,), whole = entries[1].pieces, (manifest_name(1), named(OBJECTS, entries[0].pieces[0]))
    for name in (whole[0], named(OBJECTS, other)):
        await yard.blobs[EAST].retain(name, yard.time.now + 30 * DAY)
    report = await pruned(yard)
    assert report.done[LOCKED] == 2
    assert set(names(yard, EAST)) - set(names(yard, WEST)) == {*whole, named(OBJECTS, other)}
    yard.time.go_on(hours=24 * 30)
    await pruned(yard)
    assert not {*whole, named(OBJECTS, other)} & set(names(yard, EAST))


async def test_a_store_that_refuses_without_a_lock_is_not_called_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where a lock has ended: a refusal is then a failure of pruning, and a finding."""

    async def refuse(_: str) -> None:
        raise PermissionDenied("no")

    yard = await a_site(40)
    for blobs in yard.blobs.values():
        monkeypatch.setattr(blobs, "delete", refuse)
        over = {
            name: (replace(info, retained_until=yard.time.clock()), content)
            for name, (info, content) in blobs.bucket.blobs.items()
        }
        blobs.bucket.blobs.update(over)
    report = await pruned(yard)
    assert LOCKED not in report.done
    assert len(report.findings) == len(yard.stores)


async def test_a_store_that_may_not_be_pruned_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are pruned all the same, and nothing is forgotten yet."""
    yard = await a_site(12)
    before = len(await book(yard))

    async def refused(_: str) -> None:
        raise PermissionDenied("no")

    monkeypatch.setattr(yard.blobs[WEST], "delete", refused)
    yard.blobs[ABROAD].failure = Unavailable("out")
    report = await pruned(yard)
    assert [(finding.code, finding.what.split()[0]) for finding in report.findings] == [
        ("pruning-failed", WEST),
        ("pruning-failed", ABROAD),
    ]
    assert len(manifests(yard, EAST)) < before == len(await book(yard))
    lets_out(yard.blobs[EAST])
    report = await pruned(yard)
    assert [finding.what.split()[0] for finding in report.findings] == [EAST, WEST, ABROAD]
    assert "RuntimeError at " in report.findings[0].what


async def test_a_plan_covers_the_stores_that_answer() -> None:
    """The others are named, whatever they raise; nothing is deleted by planning."""
    yard = await a_site(12)
    before = {name: dict(blobs.bucket.blobs) for name, blobs in yard.blobs.items()}
    whole, none = await yard.backups.pruning.planned()
    assert ({each.store for each in whole}, none) == ({EAST, WEST, ABROAD}, [])
    yard.blobs[ABROAD].failure = Unavailable("out")
    lets_out(yard.blobs[EAST])
    doomed, findings = await yard.backups.pruning.planned()
    assert doomed == [each for each in whole if each.store == WEST]
    assert [finding.what.split()[0] for finding in findings] == [EAST, ABROAD]
    assert {name: dict(blobs.bucket.blobs) for name, blobs in yard.blobs.items()} == before


async def test_a_turn_that_is_over_leaves_the_rest_to_the_next() -> None:
    """At any object."""
    yard = await a_site(12)
    turns = 0
    while True:
        if not (await yard.backups.pruning.prune(a_short_turn(yard))).unfinished:
            break
        turns += 1
    assert turns > 20
    assert (await pruned(yard)).done == {}


async def test_a_store_that_is_behind_keeps_what_it_needs() -> None:
    """It is judged by what it has itself: what the others have begun from since is not there."""
    yard = await lived(await a_yard(Retention(dailies=8 * DAY, monthlies=8 * DAY)), 4)
    yard.blobs[ABROAD].failure = Unavailable("out")
    await lived(yard, 20)
    yard.blobs[ABROAD].failure = None
    there = await line_in(yard, 2)
    await pruned(yard)
    assert recovery_point(await line_in(yard, 2)) == recovery_point(there)
    assert recovery_point(there) != recovery_point(await line_in(yard, 0))
    assert len(manifests(yard, EAST)) < len(await book(yard))
    yard.time.go_on(hours=1)
    await yard.shipper.ship()
    await pruned(yard)
    assert manifests(yard, ABROAD) == manifests(yard, EAST) == await book(yard)


async def test_what_the_book_does_not_know_is_not_believed() -> None:
    """Whoever may only add cannot have anything deleted; what he has added is left, with what it names, and told."""
    yard, honest = await a_site(12), await a_site(12)
    await pruned(honest)
    object_ = packed([], NO_ATTEMPT)
    forged = replace(segment(1, yard.time.now, epoch=999), pieces=(object_.piece,), contents=segment(1).contents)
    await put(yard.blobs[EAST], named(OBJECTS, object_.piece), b"".join(object_.chunks))
    await put(yard.blobs[EAST], numbered(MANIFESTS, at(1, 999)), encoded(forged))
    yard.time.go_on(hours=25)
    honest.time.go_on(hours=25)
    report = await pruned(yard)
    await pruned(honest)
    assert [finding.code for finding in report.findings] == ["unknown-manifests"]
    assert set(manifests(yard, EAST)) - set(manifests(honest, EAST)) == {numbered(MANIFESTS, at(1, 999))}
    assert named(OBJECTS, object_.piece) in names(yard, EAST)


async def test_a_manifest_that_nobody_can_read_keeps_every_object() -> None:
    """It may name any of them; what the book gives up goes all the same."""
    yard = await a_site(12)
    await put(yard.blobs[EAST], "objects/aa/orphan", b"x")
    await put(yard.blobs[WEST], "objects/aa/orphan", b"x")
    await put(yard.blobs[EAST], numbered(MANIFESTS, at(1, 999)), b"rot")
    yard.time.go_on(hours=25)
    await pruned(yard)
    assert "objects/aa/orphan" in names(yard, EAST)
    assert "objects/aa/orphan" not in names(yard, WEST)
    assert len(manifests(yard, EAST)) == len(manifests(yard, WEST)) + 1


async def test_an_object_that_nobody_names_goes_after_a_day() -> None:
    """A manifest that names it may be about to come."""
    yard = await a_site(1)
    await put(yard.blobs[EAST], "objects/aa/orphan", b"x")
    yard.time.go_on(hours=24)
    assert (await pruned(yard)).done == {}
    yard.time.go_on(seconds=1)
    assert (await pruned(yard)).done == {DELETED: 1}
    assert "objects/aa/orphan" not in names(yard, EAST)


async def test_the_packs_of_a_snapshot_under_way_stay() -> None:
    """However long it takes."""
    yard = await a_site(1, Sizes(pack=1_000, page=3, page_bytes=1))
    yard.time.go_on(hours=24)
    steps = iter([True])
    await yard.snapshotting.run(Turn(yard.time.monotonic, 300, may_go_on=lambda: next(steps, False)))
    before = names(yard, EAST, OBJECTS)
    yard.time.go_on(hours=30)
    await pruned(yard)
    assert names(yard, EAST, OBJECTS) == before
    await yard.snapshotting.run(yard.turn())
    await yard.shipper.ship()
    assert (await yard.backups.verifier.verify(yard.stores[0], Part())).problems == ()


async def test_what_came_too_late_for_its_epoch_goes_after_some_time() -> None:
    """Somebody may still want to look at it."""
    yard = await a_site(1)
    first = Yard(yard.house, yard.buckets)
    await lived(Yard(yard.house, yard.buckets, epoch=2), 1)
    last = await yard.ground.book.newest()
    assert last is not None
    late = replace(segment(99, yard.time.now), vault=at(1), predecessor=None)
    assert await first.ground.book.commit(late) is not None
    await put(yard.blobs[EAST], numbered(MANIFESTS, at(99)), encoded(late))
    second = Yard(yard.house, yard.buckets, epoch=2)
    yard.time.go_on(hours=24 * 34)
    await second.shipper.ship()
    await pruned(second)
    assert numbered(MANIFESTS, at(99)) in manifests(yard, EAST)
    yard.time.go_on(hours=24 * 2)
    await pruned(second)
    assert numbered(MANIFESTS, at(99)) not in manifests(yard, EAST)


async def test_old_copies_of_the_vault_go() -> None:
    """Ten days after they were begun, with whatever they alone hold; the newest stays, however old."""
    yard = await a_site(1)
    await yard.house.vault.create(TenantId("b" * 24))
    await lived(yard, 12)
    await yard.house.vault.create(TenantId("c" * 24))
    await yard.shipper.ship()
    held = {named(VAULT_OBJECTS, piece) for copy in (await copies(yard))[-1:] for piece in copy.pieces}
    yard.time.go_on(hours=24 * 11)
    await pruned(yard)
    for store in yard.buckets:
        assert len(names(yard, store, VAULT_COPIES)) == 1
        assert set(names(yard, store, VAULT_OBJECTS)) == held
    assert len(await copies(yard)) == 1


async def test_a_copy_that_is_locked_keeps_its_objects() -> None:
    """What it names goes only after it."""
    yard = await a_site(1)
    await yard.house.vault.create(TenantId("b" * 24))
    await lived(yard, 1)
    first = numbered(VAULT_COPIES, at(1))
    yard.blobs[EAST].can = frozenset(Capability)
    await yard.blobs[EAST].retain(first, yard.time.now + 30 * DAY)
    yard.blobs[EAST].can = UNLOCKED
    yard.time.go_on(hours=24 * 11)
    await yard.shipper.ship()
    await pruned(yard)
    assert first in names(yard, EAST, VAULT_COPIES)
    assert first not in names(yard, WEST, VAULT_COPIES)
    assert set(names(yard, EAST, VAULT_OBJECTS)) > set(names(yard, WEST, VAULT_OBJECTS))


async def test_a_strange_copy_is_left_with_what_it_names() -> None:
    """One that cannot be read may name anything."""
    yard = await a_site(1)
    object_ = packed([], NO_ATTEMPT)
    strange = VaultCopy(position=at(7, 999), site="?", created=yard.time.now, pieces=(object_.piece,))
    await put(yard.blobs[EAST], numbered(VAULT_COPIES, at(7, 999)), encoded(strange))
    await put(yard.blobs[EAST], named(VAULT_OBJECTS, object_.piece), b"".join(object_.chunks))
    await put(yard.blobs[WEST], numbered(VAULT_COPIES, at(7, 999)), b"rot")
    await put(yard.blobs[WEST], named(VAULT_OBJECTS, object_.piece), b"".join(object_.chunks))
    await put(yard.blobs[ABROAD], named(VAULT_OBJECTS, object_.piece), b"".join(object_.chunks))
    yard.time.go_on(hours=25)
    await pruned(yard)
    left = [named(VAULT_OBJECTS, object_.piece) in names(yard, store) for store in (EAST, WEST, ABROAD)]
    assert left == [True, True, False]


async def test_what_providers_keep_after_a_deletion_is_noted() -> None:
    """By when the oldest of it was begun, and until when it may be there; what is over is forgotten."""
    yard = await a_yard()
    yard = Yard(yard.house, yard.buckets, policy=replace(POLICY, soft_delete=7 * DAY))
    await lived(yard, 1)
    await yard.house.vault.create(TenantId("b" * 24))
    await lived(yard, 12)
    oldest = min(copy.created for copy in await copies(yard))
    await yard.ground.states.change(EAST, lambda each: replace(each, shed=(Shed(oldest, yard.time.now),)))
    await pruned(yard)
    assert (await state(yard, EAST)).shed == (Shed(oldest, yard.time.now + 7 * DAY + EVERY),)


async def test_what_is_gone_already_is_no_error() -> None:
    """Another process may prune at the same time."""
    yard = await a_site(12)
    plan = await yard.backups.pruning.planner.plan_for(yard.stores[0])
    for each in plan.doomed:
        remove(yard, EAST, each.name)
    assert (await pruned(yard)).findings == ()
    assert manifests(yard, EAST) == await book(yard)


async def copies(yard: Yard) -> list[VaultCopy]:
    """Return the copies of the vault that the book knows."""
    return [copy async for copy in yard.ground.book.copies()]


async def line_in(yard: Yard, store: int) -> list[Manifest]:
    """Return the chain in a store."""
    found = [each async for each in manifests_in(yard.stores[store])]
    return list(arranged(each for each in found if isinstance(each, Chained)).manifests)
