"""A store is looked at as whoever has to restore from it alone would."""

import pytest
from msgspec.structs import replace

from application.backups.book import encoded
from application.backups.names import OBJECTS, VAULT_COPIES, VAULT_OBJECTS, named, numbered
from application.backups.packs import NO_ATTEMPT, packed, wrapped
from application.backups.problems import Fault, Part, Problem, Verified
from application.backups.sizes import Sizes
from application.backups.verification import NOTE, PARTS, Verifying
from application.maintenance.jobs import Due, Report
from domain.backups.manifests import Contents, Manifest, Piece, Scan, VaultCopy
from domain.backups.streams import Streams
from domain.ids import PanoramaId, TenantId
from ports.errors import Corrupt, Unavailable
from ports.rows import row_of
from ports.storage import Record, Ref, Row, Shipping
from tests.contract.storage.samples import MOMENT
from tests.fakes.backups import ABROAD, EAST, WEST, Yard
from tests.fakes.house import TENANT, furnished
from tests.unit.application.backups.scenes import (
    a_yard,
    cycled,
    damage,
    head,
    lets_out,
    manifest_name,
    names,
    put,
    remove,
    state,
)
from tests.unit.domain.backups.chains import at, segment


async def look(yard: Yard, part: Part | None = None, store: int = 0) -> Verified:
    """Look at a store."""
    return await yard.backups.verifier.verify(yard.stores[store], part or Part())


def faults(verified: Verified) -> list[tuple[Fault, str]]:
    """Return what is wrong, and with what."""
    return [(problem.fault, problem.what) for problem in verified.problems]


async def test_a_whole_store_has_no_problems() -> None:
    """It tells how much there is and how much was read."""
    yard = await a_yard()
    await cycled(yard, 3)
    told: list[tuple[int, int]] = []
    found = await yard.backups.verifier.verify(yard.stores[0], Part(), lambda *each: told.append(each))
    assert (found.problems, found.erased, found.manifests) == ((), 0, 3)
    assert found.objects == found.read == len(names(yard, EAST, OBJECTS)) + len(names(yard, EAST, VAULT_OBJECTS))
    assert found.size > 0
    assert told[-1] == (found.objects, found.objects)


async def test_an_empty_store_of_a_new_site_has_no_problems() -> None:
    """There is nothing yet."""
    assert (await look(Yard(await furnished()))).problems == ()


async def test_a_store_that_is_out_is_told() -> None:
    """With the code of its error."""
    yard = await a_yard()
    yard.blobs[EAST].failure = Unavailable("out")
    assert faults(await look(yard)) == [(Fault.UNREACHABLE, "the store (unavailable)")]
    lets_out(yard.blobs[EAST])
    ((fault, told),) = faults(await look(yard))
    assert fault is Fault.UNREACHABLE
    assert told.startswith("the store (unavailable (RuntimeError at scenes.py:")


async def test_what_the_store_should_have_is_missed_at_its_end() -> None:
    """As far as it was confirmed; a store that is behind lacks nothing that it had."""
    yard = await a_yard()
    await cycled(yard, 2)
    yard.blobs[WEST].failure = Unavailable("out")
    await cycled(yard, 2)
    yard.blobs[WEST].failure = None
    assert faults(await look(yard, store=1)) == []
    for number in (3, 4):
        remove(yard, EAST, manifest_name(number))
    found = await look(yard)
    assert faults(found) == [(Fault.MISSING, manifest_name(number)) for number in (3, 4)]
    assert found.lacks_from == at(3)
    await yard.backups.verifier.repair(found)
    await cycled(yard)
    assert faults(await look(yard)) == []
    assert names(yard, EAST) == names(yard, ABROAD)


async def test_what_is_missing_is_given_once_more() -> None:
    """Manifests, objects and copies of the vault; what is damaged is not."""
    yard = await a_yard()
    await cycled(yard, 4)
    objects = names(yard, EAST, OBJECTS)
    for name in (manifest_name(2), objects[0], *names(yard, EAST, VAULT_OBJECTS), numbered(VAULT_COPIES, at(1))):
        remove(yard, EAST, name)
    found = await look(yard)
    assert found.lacks_copy
    assert await yard.backups.verifier.repair(found)
    await cycled(yard)
    assert faults(await look(yard)) == []
    assert not await yard.backups.verifier.repair(await look(yard))


@pytest.mark.parametrize("position", [1, 3])
async def test_a_store_is_set_back_to_before_what_it_lacks(position: int) -> None:
    """And its copy of the vault is looked at again only where something of it is missing."""
    yard = await a_yard()
    await cycled(yard, 4)
    await yard.backups.verifier.repair(Verified(store=EAST, lacks_from=at(position)))
    assert await head(yard, EAST) == (None if position == 1 else at(2))
    assert (await state(yard, EAST)).vault == at(1)
    await yard.backups.verifier.repair(Verified(store=EAST, lacks_copy=True))
    assert (await state(yard, EAST)).vault is None


async def test_another_manifest_than_the_book_knows_is_told() -> None:
    """Altered, or added by somebody else; and what was added to an epoch that was over."""
    yard = await a_yard()
    await cycled(yard, 2)
    await cycled(Yard(yard.house, yard.buckets, epoch=2))
    newest = manifest_name(1).replace("000001/", "000002/", 1)
    altered = yard.buckets[EAST].blobs[newest.encode()][1].replace(b'"aws"', b'"AWS"')
    damage(yard, EAST, newest, altered)
    await put(yard.blobs[EAST], manifest_name(3), encoded(segment(3)))
    assert set(faults(await look(yard))) == {
        (Fault.ALTERED, newest),
        (Fault.ASIDE, manifest_name(3)),
        (Fault.UNKNOWN, manifest_name(3)),
    }


async def test_without_a_book_the_chain_speaks_for_itself() -> None:
    """A site that has just been made from a backup knows no older manifests."""
    yard = await a_yard()
    await cycled(yard, 3)
    stranger = Yard(await furnished(), yard.buckets)
    assert faults(await look(stranger)) == []
    damage(yard, EAST, manifest_name(2), yard.buckets[EAST].blobs[manifest_name(2).encode()][1].replace(b"aws", b"AWS"))
    assert (Fault.ALTERED, manifest_name(2)) in faults(await look(stranger))


async def forged(yard: Yard, contents: Contents, *, records: int = 0, scan: Scan | None = None) -> Manifest:
    """Commit and deliver a manifest that says something else than is so."""
    newest = await yard.ground.book.newest()
    assert newest is not None
    object_ = packed([], newest.position.number.to_bytes(8, "big"))
    manifest = replace(
        segment(newest.position.number + 1, yard.time.now, after=newest.chained),
        scan=scan,
        pieces=(Piece(object_.piece.sha256, object_.piece.size, records),),
        contents=contents,
    )
    await put(yard.blobs[EAST], named(OBJECTS, object_.piece), b"".join(object_.chunks))
    entry = await yard.ground.book.commit(manifest)
    assert entry is not None
    await yard.ground.book.settle(entry)
    await yard.delivery.deliver(yard.stores)
    return manifest


async def test_a_gap_in_a_stream_is_told_once() -> None:
    """By the manifest that makes it."""
    yard = await a_yard()
    await cycled(yard)
    panorama = PanoramaId("f" * 24)
    await forged(yard, Contents(new={TENANT: {panorama: ((1, 2), (4, 4))}}))
    await forged(yard, Contents(again={TENANT: {panorama: ((2, 2),)}}))
    ((fault, what), *rest) = faults(await look(yard))
    assert fault is Fault.GAP
    assert what.startswith(manifest_name(2))
    assert "lacks version 3" in what
    assert [each for each, _ in rest] == [Fault.GAP]
    assert str(Problem(EAST, fault, what)).endswith("is not whole")


async def test_a_snapshot_with_a_gap_is_told() -> None:
    """Nothing that was shipped before it had been committed fills it; what comes after is followed from there."""
    yard = await a_yard()
    await cycled(yard, 2)
    panorama, other = PanoramaId("f" * 24), PanoramaId("e" * 24)
    scan = Scan("s", at(1), at(2), yard.time.now, yard.time.now)
    snapshot: Streams = {TENANT: {panorama: ((1, 1), (3, 3)), other: ((1, 1), (3, 3))}}
    await forged(yard, Contents(again={TENANT: {other: ((2, 2),)}}))
    await forged(yard, Contents(new=snapshot), scan=scan)
    await forged(yard, Contents(new={TENANT: {other: ((4, 4),)}}))
    for number in (1, 2):
        await yard.ground.book.forget(at(number))
    remove(yard, EAST, manifest_name(1))
    found = [what for fault, what in faults(await look(yard)) if fault is Fault.GAP]
    assert [what.split(", ")[0] for what in found] == [manifest_name(4)]
    assert f"panorama {panorama} " in found[0]


async def test_a_key_that_nobody_can_open_is_told() -> None:
    """Of a tenant that has others; one that has none has been erased, and is counted."""
    yard = await a_yard()
    await cycled(yard)
    await forged(yard, Contents(keys={TENANT: (1, 2), TenantId("e" * 24): (1,)}))
    found = await look(yard)
    assert faults(found) == [(Fault.UNWRAPPED, f"tenant {TENANT}, generation 2,")]
    assert found.erased == 1


async def test_an_object_that_holds_something_else_is_told() -> None:
    """Its bytes are those that it is named by, and it is no pack, or one of other records."""
    yard = await a_yard()
    await cycled(yard)
    manifest = await forged(yard, Contents(), records=7)
    assert faults(await look(yard)) == [(Fault.DAMAGED, f"what the object {manifest.pieces[0].sha256} holds")]


async def test_a_copy_that_holds_nonsense_is_told() -> None:
    """Whoever made it."""
    yard = await a_yard()
    await cycled(yard)
    for content in (b"no pack", b"".join(packed([_nonsense()], NO_ATTEMPT).chunks)):
        object_ = wrapped([content], 1)
        newest = await yard.ground.book.newest_copy()
        assert newest is not None
        copy = VaultCopy(
            position=at(newest.position.number + 1), site="aws", created=yard.time.now, pieces=(object_.piece,)
        )
        await put(yard.blobs[EAST], named(VAULT_OBJECTS, object_.piece), content)
        await put(yard.blobs[EAST], numbered(VAULT_COPIES, copy.position), encoded(copy))
        await yard.ground.book.commit_copy(copy)
        assert (Fault.DAMAGED, f"what the object {object_.piece.sha256} holds") in faults(await look(yard))


def _nonsense() -> Row:
    return row_of(Record(Ref(TENANT, "data-key", "000001"), 1, b"nonsense", MOMENT))


async def test_a_contents_that_is_missing_hides_no_other_problem() -> None:
    """The streams are followed again from the next snapshot."""
    yard = await a_yard()
    await cycled(yard)
    await yard.snapshotting.take(yard.turn())
    snapshot = await yard.ground.book.newest()
    assert snapshot is not None
    (index,) = snapshot.manifest.indexes
    remove(yard, EAST, named(OBJECTS, index))
    await cycled(yard)
    found = await look(yard)
    assert faults(found) == [(Fault.MISSING, named(OBJECTS, index))]
    assert found.lacks_from == snapshot.position


async def test_an_index_that_is_missing_of_a_segment_ends_what_is_known() -> None:
    """Of a snapshot that the segment belongs to as well."""
    yard = await a_yard(sizes=Sizes(inline_contents=100))
    await yard.snapshotting.take(yard.turn())
    first = await yard.ground.book.get(at(1))
    assert first is not None
    remove(yard, EAST, named(OBJECTS, first.manifest.indexes[0]))
    await cycled(yard)
    assert faults(await look(yard)) == [(Fault.MISSING, named(OBJECTS, first.manifest.indexes[0]))]


async def test_bytes_that_have_changed_are_told() -> None:
    """Of an object, a copy's list, and an object that vanishes while one looks."""
    yard = await a_yard()
    await cycled(yard)
    (object_,) = names(yard, EAST, OBJECTS)
    content = yard.buckets[EAST].blobs[object_.encode()][1]
    damage(yard, EAST, object_, content[:-1] + b"x")
    damage(yard, EAST, numbered(VAULT_COPIES, at(1)), b"rot")
    assert set(faults(await look(yard))) == {
        (Fault.DAMAGED, object_),
        (Fault.DAMAGED, numbered(VAULT_COPIES, at(1))),
        (Fault.MISSING, numbered(VAULT_COPIES, at(1))),
    }

    def vanish(done: int, _: int) -> None:
        if done == 1:
            remove(yard, WEST, object_)

    found = await yard.backups.verifier.verify(yard.stores[1], Part(), vanish)
    assert faults(found) == [(Fault.MISSING, object_)]


async def test_what_is_cut_short_is_damaged_and_not_missing() -> None:
    """A manifest in the middle of the chain, or an object."""
    yard = await a_yard()
    await cycled(yard, 3)
    first = await yard.ground.book.get(at(1))
    assert first is not None
    object_ = named(OBJECTS, first.manifest.pieces[0])
    damage(yard, EAST, object_, b"cut")
    damage(yard, EAST, manifest_name(2), b"cut")
    found = await look(yard)
    assert {(Fault.DAMAGED, object_), (Fault.DAMAGED, manifest_name(2))} == set(faults(found))
    assert found.lacks_from is None


async def test_what_nobody_knows_of_is_given_again_from_the_last_on() -> None:
    """A manifest that is missing in the store may be beyond all that the book has."""
    yard = await a_yard()
    await cycled(yard, 2)
    await yard.backups.verifier.repair(Verified(store=EAST, lacks_from=at(9)))
    assert await head(yard, EAST) == at(2)


async def test_a_look_is_due_each_day() -> None:
    """One part after the other; what was found stays a finding until the next look."""
    yard = await a_yard()
    await cycled(yard)
    verifying = yard.backups.verifying
    assert await verifying.plan() == [Due(at=yard.time.now, what="look at the backups in every store")]
    report = await verifying.run(yard.turn())
    assert report.done["blob stores looked at"] == 3
    assert report.findings == ()
    assert (await verifying.plan())[0].at > yard.time.now
    assert await verifying.run(yard.turn()) == Report()
    damage(yard, EAST, manifest_name(1), b"rot")
    yard.time.go_on(hours=24)
    (first, *_) = (await verifying.run(yard.turn())).findings
    assert first.code == "backup-damaged"
    assert manifest_name(1) in first.what
    assert (await verifying.run(yard.turn())).findings[0] == first
    last = await verifying.last()
    assert last is not None
    assert (last.part, [each.store for each in last.stores]) == (2, [EAST, WEST, ABROAD])


async def test_the_parts_go_round() -> None:
    """After the last comes the first."""
    yard = await a_yard()
    await cycled(yard)
    parts = []
    for _ in range(PARTS + 1):
        await yard.backups.verifying.run(yard.turn())
        last = await yard.backups.verifying.last()
        assert last is not None
        parts.append(last.part)
        yard.time.go_on(hours=24)
    assert parts == [*range(1, PARTS + 1), 1]


async def test_what_a_look_finds_missing_is_given_once_more() -> None:
    """The next cycle puts it there."""
    yard = await a_yard()
    await cycled(yard)
    remove(yard, EAST, names(yard, EAST, OBJECTS)[0])
    report = await yard.backups.verifying.run(yard.turn())
    assert report.done["blob stores that are given once more what they lack"] == 1
    await cycled(yard)
    assert names(yard, EAST) == names(yard, WEST)


async def test_a_site_that_does_not_write_looks_at_nothing() -> None:
    """It knows nothing of the backups that another site makes."""
    yard = Yard(await furnished(), epoch=0)
    assert await yard.backups.verifying.run(yard.turn()) == Report()


async def test_a_damaged_note_is_told() -> None:
    """By the port's word for it."""
    yard = Yard(await furnished())
    await yard.house.storage.put(Record(NOTE, 1, b"nonsense", MOMENT, shipping=Shipping.NEVER))
    with pytest.raises(Corrupt):
        await yard.backups.verifying.last()


async def test_of_two_looks_at_once_one_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either is as good."""
    yard = await a_yard()
    put_ = yard.house.storage.put

    async def after_somebody_else(record: Record) -> None:
        if record.ref == NOTE:
            await put_(replace(record, body=b'{"at":"2026-01-01T00:00:00Z","part":9,"stores":[]}'))
        await put_(record)

    monkeypatch.setattr(yard.house.storage, "put", after_somebody_else)
    await Verifying(yard.ground, yard.backups.verifier).run(yard.turn())
    last = await yard.backups.verifying.last()
    assert last is not None
    assert last.part == 9
