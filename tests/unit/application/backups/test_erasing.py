"""What a purge and a rotation are told of the backups."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.backups.book import encoded
from application.backups.names import OBJECTS, VAULT_COPIES, VAULT_OBJECTS, numbered
from application.backups.sizes import Sizes
from application.backups.states import Shed
from application.backups.stores import Store
from application.maintenance.jobs import Turn
from application.retention.ledger import ERASURE
from domain.backups.manifests import VaultCopy
from domain.erasures import VaultCopies
from domain.ids import SYSTEM, TenantId
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Corrupt, NotFound, Unavailable
from ports.storage import Record, Ref, Shipping
from tests.fakes.backups import ABROAD, EAST, WEST, Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.house import TENANT, furnished
from tests.unit.application.backups.scenes import a_yard, begun, cycled, names, put, remove
from tests.unit.domain.backups.chains import at

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ENTRY = Ref(SYSTEM, ERASURE, TENANT)


async def shipped(yard: Yard) -> bool:
    """Whether the ledger's entry counts as shipped."""
    return await yard.backups.copies.ledger_is_shipped(TENANT)


async def copies(yard: Yard, store: int = 0) -> VaultCopies:
    """Return what is known of the copies in a store."""
    return (await yard.backups.copies.evidence(TENANT)).copies[store]


async def test_an_entry_is_shipped_when_every_store_has_it() -> None:
    """It is shipped there and then; not while one store has not got so far."""
    yard = await a_yard()
    assert not await shipped(yard)
    await yard.house.storage.put(Record(ENTRY, 1, b"", yard.time.now))
    yard.blobs[WEST].failure = Unavailable("out")
    assert not await shipped(yard)
    yard.blobs[WEST].failure = None
    assert await shipped(yard)
    record = await yard.house.storage.get(ENTRY)
    assert record is not None
    assert record.shipping is Shipping.DONE


async def test_an_entry_that_is_everywhere_is_not_waited_for() -> None:
    """Nothing is shipped for it."""
    yard = await a_yard()
    await yard.house.storage.put(Record(ENTRY, 1, b"", yard.time.now))
    await cycled(yard)
    newest = await yard.ground.book.newest()
    assert await shipped(yard)
    assert await yard.ground.book.newest() == newest


async def test_a_site_that_does_not_write_ships_no_entry() -> None:
    """It waits for the site that does, though it is marked."""
    yard = Yard(await furnished(), epoch=0)
    await yard.house.storage.put(Record(ENTRY, 1, b"", yard.time.now, shipping=Shipping.DONE))
    assert not await shipped(yard)


async def test_an_entry_that_is_resealed_is_shipped() -> None:
    """Its content has been for long."""
    yard = await a_yard()
    await cycled(yard)
    await yard.house.storage.put(Record(ENTRY, 1, b"", yard.time.now, shipping=Shipping.RESEALED))
    assert await shipped(yard)


async def test_the_evidence_is_what_each_store_holds() -> None:
    """The newest copy that was read back there, and the oldest of which anything is left."""
    yard = await a_yard()
    assert await copies(yard) == VaultCopies(store=EAST, verified=None, oldest=None)
    await cycled(yard)
    first = yard.time.now
    yard.blobs[ABROAD].failure = Unavailable("out")
    yard.time.go_on(hours=25)
    await cycled(yard)
    second = yard.time.now
    yard.blobs[ABROAD].failure = None
    assert await copies(yard) == VaultCopies(store=EAST, verified=second, oldest=first)
    assert await copies(yard, 2) == VaultCopies(store=ABROAD, verified=first, oldest=first)
    remove(yard, EAST, numbered(VAULT_COPIES, at(1)))
    assert (await copies(yard)).oldest == second


async def test_an_object_that_no_copy_names_holds_wraps_all_the_same() -> None:
    """It was written within an hour of the beginning of its copy."""
    yard = await a_yard()
    await put(yard.blobs[EAST], f"{VAULT_OBJECTS}aa/orphan", b"x")
    written = yard.time.now
    yard.time.go_on(hours=5)
    await cycled(yard)
    assert (await copies(yard)).oldest == written - HOUR
    assert (await copies(yard, 1)).oldest == yard.time.now


async def test_what_a_provider_still_keeps_counts() -> None:
    """Until its time is over."""
    yard = await a_yard()
    await cycled(yard)
    begun_at, until = yard.time.now - 9 * DAY, yard.time.now + DAY
    await yard.ground.states.change(EAST, lambda each: replace(each, shed=(Shed(begun_at, until),)))
    assert (await copies(yard)).oldest == begun_at
    yard.time.go_on(hours=25)
    assert (await copies(yard)).oldest == until - DAY


async def test_what_is_pruned_while_a_store_is_looked_through_counts() -> None:
    """It is noted as kept by the provider before it is deleted, so that it is in the list or among the notes."""
    yard = await a_yard()
    await cycled(yard)
    first = yard.time.now
    yard.time.go_on(hours=25)
    await cycled(yard)

    class Pruned(MemoryBlobStore):
        async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
            old = numbered(VAULT_COPIES, at(1))
            if old in names(yard, EAST):
                shed = (Shed(first, yard.time.now + 7 * DAY),)
                await yard.ground.states.change(EAST, lambda each: replace(each, shed=shed))
                remove(yard, EAST, old)
            return await super().list(prefix=prefix, after=after, limit=limit)

    east = Store(EAST, "aws", Pruned(yard.time.clock, yard.buckets[EAST]))
    assert (await copies(Yard(yard.house, yard.buckets, stores=[east, *yard.stores[1:]]))).oldest == first


async def test_a_strange_copy_counts_by_what_it_says() -> None:
    """One that cannot be read could be of any age."""
    yard = await a_yard()
    strange = VaultCopy(position=at(7, 999), site="?", created=yard.time.now - 9 * DAY, pieces=())
    await put(yard.blobs[EAST], numbered(VAULT_COPIES, at(7, 999)), encoded(strange))
    assert (await copies(yard)).oldest == yard.time.now - 9 * DAY
    await put(yard.blobs[EAST], numbered(VAULT_COPIES, at(8, 999)), b"rot")
    with pytest.raises(Corrupt):
        await copies(yard)


async def needed(yard: Yard, tenant: TenantId = TENANT) -> frozenset[int]:
    """Return the generations that the backups need."""
    return await yard.backups.uses.needed(tenant)


async def sealed(yard: Yard, generation: int, key: str) -> None:
    """Store a record under a generation of the tenant's."""
    await yard.house.storage.put(Record(Ref(TENANT, "note", key), 1, b"x", yard.time.now, generation))


async def test_what_a_manifest_names_is_needed() -> None:
    """Of every manifest, the newest included; of a tenant that none names, nothing."""
    yard = await a_yard()
    assert await needed(yard) == frozenset()
    await sealed(yard, 1, "a")
    await cycled(yard)
    assert await needed(yard) == {1}
    await sealed(yard, 7, "b")
    await cycled(yard)
    assert await needed(yard) == {1, 7}
    assert await needed(yard, TenantId("e" * 24)) == frozenset()


async def test_what_stands_in_an_index_is_needed() -> None:
    """It is asked for once; where no store answers nobody can tell."""
    yard = await a_yard(sizes=Sizes(inline_contents=100))
    await sealed(yard, 3, "a")
    await cycled(yard)
    for blobs in yard.blobs.values():
        blobs.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await needed(yard)
    for blobs in yard.blobs.values():
        blobs.failure = None
    assert 3 in await needed(yard)
    for store in yard.buckets:
        for name in names(yard, store, OBJECTS):
            remove(yard, store, name)
    assert 3 in await needed(yard)
    yard.time.go_on(hours=24)
    with pytest.raises(NotFound):
        await needed(yard)


async def test_what_a_snapshot_under_way_holds_is_needed() -> None:
    """Before any manifest names it."""
    yard = Yard(await furnished(), sizes=Sizes(pack=1, page=1, page_bytes=1))
    await yard.house.storage.put(Record(Ref(TENANT, "a", "a"), 1, b"x", yard.time.now, 5, shipping=Shipping.DONE))
    await begun(yard.house)
    steps = iter([True])
    await yard.snapshotting.take(Turn(yard.time.monotonic, 300, may_go_on=lambda: next(steps, False)))
    assert await needed(yard) == {5}


async def test_what_has_been_pruned_is_not_needed_for_ever() -> None:
    """After a day it is found out anew."""
    yard = await a_yard()
    await sealed(yard, 2, "a")
    await cycled(yard)
    assert 2 in await needed(yard)
    await yard.ground.book.forget(at(1))
    assert 2 in await needed(yard)
    yard.time.go_on(hours=24)
    assert await needed(yard) == frozenset()
