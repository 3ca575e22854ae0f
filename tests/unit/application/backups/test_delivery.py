"""Every store is given what it lacks, in order, whatever the others do."""

import asyncio
from collections.abc import AsyncIterable, Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS
from application.backups.sizes import Sizes
from application.backups.states import State, States
from application.backups.stores import Store
from application.sealing.records import Write
from domain.backups.manifests import Position, VaultCopy
from domain.ids import TenantId
from ports.blobs import BlobInfo, Capability
from ports.errors import Unavailable
from ports.storage import Ref
from tests.drivers import SECRET
from tests.fakes.backups import ABROAD, CLOUDS, EAST, WEST, Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.patience import patience
from tests.unit.application.backups.scenes import (
    a_yard,
    cycled,
    damage,
    head,
    lets_out,
    manifest_name,
    manifests,
    names,
    put,
    remove,
    state,
)
from tests.unit.domain.backups.chains import at

NEWCOMER = TenantId("b" * 24)
DAY = timedelta(days=1)


async def test_a_store_that_is_out_is_given_everything_later() -> None:
    """Meanwhile the others go on; it is told since when it fails and with what."""
    yard = await a_yard()
    await cycled(yard)
    yard.blobs[ABROAD].failure = Unavailable("out")
    yard.time.go_on(seconds=15)
    since = yard.time.now
    assert (await yard.shipper.ship()).behind == {ABROAD: "unavailable"}
    await cycled(yard, 2)
    assert [await head(yard, store) for store in (EAST, WEST, ABROAD)] == [at(4), at(4), at(1)]
    behind = await state(yard, ABROAD)
    assert (behind.failing, behind.failure) == (since, "unavailable")
    yard.blobs[ABROAD].failure = None
    await cycled(yard)
    assert names(yard, ABROAD) == names(yard, EAST)
    again = await state(yard, ABROAD)
    assert (again.head, again.failing, again.failure, again.reached) == (at(5), None, None, yard.time.now)


async def test_what_passes_the_port_of_a_store_ends_no_round() -> None:
    """It is that store's failure, and counts as its outage; its kind and place are told, and nothing of its text."""
    yard = await a_yard()
    await cycled(yard)
    for name, broken in yard.blobs.items():
        lets_out(broken)
        for _ in range(2):
            # In the first cycle it is given objects, in the second it has been failing.
            yard.time.go_on(seconds=15)
            behind = (await yard.shipper.ship()).behind
            assert behind.keys() == {name}
            assert behind[name].startswith("unavailable (RuntimeError at ")
            assert SECRET not in behind[name]
        assert (await state(yard, name)).failure == "unavailable"
        broken.broken = None
        await cycled(yard, 2)
    assert names(yard, ABROAD) == names(yard, EAST) == names(yard, WEST)


async def test_what_the_storage_raises_is_raised_when_no_store_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes on alone after the round has ended."""
    yard = await a_yard()
    await cycled(yard)
    ended = list[str]()

    async def change(_: States, store: str, __: object) -> None:
        if store == EAST:
            raise Unavailable("the storage is out")
        await asyncio.sleep(0.01)
        ended.append(store)

    monkeypatch.setattr(States, "change", change)
    with pytest.raises(Unavailable):
        await yard.shipper.ship()
    assert sorted(ended) == sorted({WEST, ABROAD})


async def test_a_new_store_is_given_the_whole_chain() -> None:
    """From the first manifest in the book on, and the newest copy of the vault."""
    yard = await a_yard()
    held = {EAST: yard.buckets[EAST]}
    await cycled(Yard(yard.house, held), 3)
    await cycled(yard)
    assert names(yard, ABROAD) == names(yard, EAST)
    assert await head(yard, ABROAD) == at(4)


async def test_a_store_that_stalls_keeps_no_other_waiting() -> None:
    """It has its time, and is told to have been too slow."""
    yard = await a_yard()

    class Stalling(MemoryBlobStore):
        async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
            await asyncio.sleep(60)
            return await super().create(name, content, sha256=sha256)

    stalling = Stalling(yard.time.clock, yard.buckets[ABROAD])
    stores = [Store(name, CLOUDS[name], yard.blobs[name]) for name in (EAST, WEST)]
    slow = Yard(yard.house, yard.buckets, stores=[*stores, Store(ABROAD, "gcp", stalling)], patience=patience(0.2))
    assert (await slow.shipper.ship()).behind == {ABROAD: "deadline-exceeded"}
    assert await head(slow, EAST) == at(1)
    assert names(slow, ABROAD) == []


async def test_what_is_lost_everywhere_is_noted_and_keeps_no_store_back() -> None:
    """The manifest says what there was; a snapshot is due, and makes up for it."""
    yard = await a_yard()
    await cycled(Yard(yard.house, {EAST: yard.buckets[EAST]}))
    (lost,) = names(yard, EAST, OBJECTS)
    remove(yard, EAST, lost)
    await cycled(yard)
    assert manifests(yard, ABROAD) == [manifest_name(1), manifest_name(2)]
    assert await yard.ground.losses.all() == [at(1)]
    assert await head(yard, ABROAD) == at(2)


async def test_what_is_damaged_elsewhere_is_lost() -> None:
    """Bytes that are not what they are named by are not passed on."""
    yard = await a_yard()
    await cycled(Yard(yard.house, {EAST: yard.buckets[EAST]}))
    (object_,) = names(yard, EAST, OBJECTS)
    damage(yard, EAST, object_, b"rot")
    await cycled(yard)
    assert object_ not in names(yard, ABROAD)
    assert at(1) in await yard.ground.losses.all()


async def test_what_a_store_that_is_out_may_have_is_not_given_up() -> None:
    """Whoever lacks it waits."""
    yard = await a_yard()
    await cycled(Yard(yard.house, {EAST: yard.buckets[EAST]}))
    yard.blobs[EAST].failure = Unavailable("out")
    await cycled(yard)
    assert await yard.ground.losses.all() == []
    assert (await state(yard, ABROAD)).failure == "unavailable"
    assert manifests(yard, ABROAD) == []
    yard.blobs[EAST].failure = None
    await cycled(yard)
    assert names(yard, ABROAD) == names(yard, EAST)


async def test_another_manifest_in_the_place_of_ours_is_a_conflict() -> None:
    """Another site writes to the store as well, or the storage has been set back; nothing is written over."""
    yard = await a_yard()
    await put(yard.blobs[ABROAD], manifest_name(1), b"{}")
    await cycled(yard)
    assert (await state(yard, ABROAD)).failure == "conflict"
    assert await head(yard, EAST) == at(1)
    assert yard.buckets[ABROAD].blobs[manifest_name(1).encode()][1] == b"{}"


async def test_an_object_cut_short_in_a_store_is_told() -> None:
    """Nobody who only writes can put it right."""
    yard = await a_yard()
    await cycled(Yard(yard.house, {EAST: yard.buckets[EAST]}))
    (object_,) = names(yard, EAST, OBJECTS)
    await put(yard.blobs[WEST], object_, b"cut")
    await cycled(yard)
    assert (await state(yard, WEST)).failure == "corrupt"
    assert await head(yard, ABROAD) == at(2)


async def test_a_copy_of_the_vault_is_read_back() -> None:
    """What a store gives back must open something; else it counts as not there."""
    yard = await a_yard()
    await yard.vault.sufficient({}, 1)
    (object_,) = names(yard, WEST, VAULT_OBJECTS)
    damage(yard, WEST, object_, b"x" * yard.buckets[WEST].blobs[object_.encode()][0].size)
    await cycled(yard)
    assert (await state(yard, WEST)).failure == "corrupt"
    assert manifests(yard, WEST) == []
    assert await head(yard, EAST) == at(1)


async def test_a_copy_that_lacks_an_object_is_completed() -> None:
    """From another store."""
    yard = await a_yard()
    await yard.vault.sufficient({}, 1)
    (object_,) = names(yard, WEST, VAULT_OBJECTS)
    remove(yard, WEST, object_)
    await cycled(yard)
    assert names(yard, WEST) == names(yard, EAST)


async def test_a_store_that_has_been_found_wanting_is_looked_at_again() -> None:
    """Whoever verifies sets it back; what is missing is put back."""
    yard = await a_yard()
    await cycled(yard, 3)
    remove(yard, WEST, manifest_name(2))
    await yard.ground.states.change(WEST, lambda _: State(head=at(1), vault=at(1)))
    await cycled(yard)
    assert names(yard, WEST) == names(yard, EAST)


@pytest.mark.parametrize("position", [None, at(1)])
async def test_a_delivery_under_way_does_not_undo_that(
    position: Position | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began from where the store was thought to be."""
    yard = await a_yard()
    await cycled(yard, 3)
    change = States.change

    async def after_somebody_else(states: States, store: str, noted: Callable[[State], State]) -> State:
        if store == WEST:
            await change(states, WEST, lambda _: State(head=position, vault=at(1)))
        return await change(states, store, noted)

    monkeypatch.setattr(States, "change", after_somebody_else)
    await cycled(yard)
    assert [await head(yard, store) for store in (EAST, WEST)] == [at(4), position]


async def test_of_two_deliveries_the_one_that_got_further_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of them notes it last."""
    yard = await a_yard()
    await cycled(yard, 2)
    change = States.change

    async def after_somebody_else(states: States, store: str, noted: Callable[[State], State]) -> State:
        await change(states, store, lambda state: replace(state, head=at(9), vault=at(9)))
        return await change(states, store, noted)

    monkeypatch.setattr(States, "change", after_somebody_else)
    await cycled(yard)
    assert (await state(yard, EAST)).head == (await state(yard, EAST)).vault == at(9)


async def test_a_manifest_waits_for_its_copy_of_the_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been committed, with a newer copy, after the newest copy was looked up."""
    yard = await a_yard()
    await cycled(yard)
    old = await yard.ground.book.newest_copy()
    await yard.house.vault.create(NEWCOMER)
    await yard.house.records.put(Write(Ref(NEWCOMER, "note", "1"), 1, "sealed under a new key"))
    here = Yard(yard.house, {EAST: yard.buckets[EAST]})
    await cycled(here)

    async def looked_up_before() -> VaultCopy | None:
        return old

    monkeypatch.setattr(yard.ground.book, "newest_copy", looked_up_before)
    assert await yard.delivery.deliver(yard.stores) == {}
    assert await head(yard, ABROAD) == at(1)
    monkeypatch.undo()
    await yard.delivery.deliver(yard.stores)
    assert await head(yard, ABROAD) == at(2)


def locks(yard: Yard, store: str, prefix: str) -> set[object]:
    """Return until when the objects whose names begin so are locked, counted from the start."""
    found = (info for name, (info, _) in yard.buckets[store].blobs.items() if name.decode().startswith(prefix))
    return {None if each.retained_until is None else each.retained_until - yard.time.start for each in found}


async def test_a_segment_is_locked_for_its_time() -> None:
    """Its manifest and its objects, and the copy of the vault with what it consists of."""
    yard = await a_yard()
    await yard.shipper.ship()
    assert locks(yard, EAST, MANIFESTS) == locks(yard, EAST, OBJECTS) == {7 * DAY}
    assert locks(yard, EAST, VAULT_COPIES) == locks(yard, EAST, VAULT_OBJECTS) == {10 * DAY}


async def test_what_a_snapshot_owns_is_locked_as_long_as_the_snapshot() -> None:
    """The first of a month for a year."""
    yard = await a_yard()
    await yard.shipper.ship()
    await yard.snapshotting.take(yard.turn())
    assert locks(yard, EAST, MANIFESTS) == {7 * DAY, 366 * DAY}
    owned = {manifest_name(number) for number in (2, 3, 4)}
    for name, (info, _) in yard.buckets[EAST].blobs.items():
        if name.decode() in owned:
            assert info.retained_until == yard.time.start + 366 * DAY


async def test_what_copies_of_the_vault_share_is_locked_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of one tenant's wraps locks what is new, and the list."""
    yard = await a_yard(sizes=Sizes(vault_object=400))
    for number in range(20):
        await yard.house.vault.create(TenantId(f"{number:024x}"))
    await yard.shipper.ship()
    asked: list[str] = []
    retain = yard.blobs[EAST].retain

    async def counted(name: str, until: datetime) -> None:
        asked.append(name)
        await retain(name, until)

    monkeypatch.setattr(yard.blobs[EAST], "retain", counted)
    await yard.house.vault.create(NEWCOMER)
    await cycled(yard)
    assert len([name for name in asked if name.startswith("vault/")]) == 2


async def test_they_are_locked_anew_each_day() -> None:
    """And whatever is locked for longer already stays so."""
    yard = await a_yard()
    await yard.shipper.ship()
    (shared,) = names(yard, EAST, VAULT_OBJECTS)
    await yard.blobs[WEST].retain(shared, yard.time.start + 99 * DAY)
    yard.time.go_on(hours=25)
    await yard.shipper.ship()
    assert locks(yard, EAST, VAULT_OBJECTS) == {timedelta(hours=25) + 10 * DAY}
    assert locks(yard, WEST, VAULT_OBJECTS) == {99 * DAY}


async def test_a_store_that_locks_nothing_is_given_everything_all_the_same() -> None:
    """Such as a directory."""
    yard = await a_yard()
    plain = yard.blobs[EAST]
    plain.can = frozenset(Capability) - {Capability.RETENTION}
    await cycled(yard)
    await yard.snapshotting.take(yard.turn())
    assert locks(yard, EAST, "") == {None}
    assert names(yard, EAST) == names(yard, WEST)


@pytest.mark.parametrize("store", [EAST, ABROAD])
async def test_what_has_just_been_put_is_not_asked_for(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cycle costs each store no question about the objects that it has taken."""
    yard = await a_yard()
    asked: list[str] = []
    info = yard.blobs[store].info

    async def counted(name: str) -> BlobInfo:
        asked.append(name)
        return await info(name)

    monkeypatch.setattr(yard.blobs[store], "info", counted)
    await cycled(yard, 2)
    assert asked == []
