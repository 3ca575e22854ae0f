"""A copy of the key vault holds every wrap that a backup needs, and is made when something has changed."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from application.backups.names import VAULT_OBJECTS
from application.backups.reading import wraps_of
from application.backups.sizes import Sizes
from application.backups.vault_copies import Overtaken, usable
from domain.backups.manifests import VaultCopy
from domain.ids import SYSTEM, TenantId
from domain.keys import Generation, destroy
from ports.errors import Corrupt, Unavailable
from ports.rows import row_of
from ports.storage import Record, Ref, Row, Shipping
from tests.contract.storage.samples import MOMENT
from tests.fakes.backups import EAST, Yard
from tests.fakes.flaky import READS, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.slow import slow
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import names
from tests.unit.domain.backups.chains import at

KEYS = {TENANT: (1,), SYSTEM: (1,)}


async def a_yard() -> Yard:
    """Return a site whose vault holds two keys."""
    return Yard(await furnished())


async def copies(yard: Yard) -> list[VaultCopy]:
    """Return the lists of all copies."""
    return [copy async for copy in yard.ground.book.copies()]


async def copied(yard: Yard) -> list[Row]:
    """Return what the newest copy holds."""
    newest = await yard.ground.book.newest_copy()
    assert newest is not None
    return [row async for rows in wraps_of(newest, yard.stores) for row in rows]


async def test_a_copy_holds_the_whole_vault() -> None:
    """Record by record, as they are."""
    yard = await a_yard()
    assert await yard.vault.sufficient(KEYS, 1) == at(1)
    live = await yard.house.vault_storage.everything(10)
    assert sorted(await copied(yard), key=lambda row: row.ref) == live
    assert {row.shipping for row in live} == {Shipping.DONE}


async def test_a_copy_counts_from_before_the_vault_was_read() -> None:
    """A key that is destroyed while it is read is in the copy: what counts as begun later holds nothing of it."""
    house = await furnished()
    time = house.time
    slowly = slow(house.vault_storage, time, methods={"everything"})
    yard = Yard(House(house.storage, slowly, time=time, managers=house.managers))
    began = time.clock()
    await yard.vault.sufficient(KEYS, 1)
    [copy] = await copies(yard)
    assert time.clock() > began
    assert copy.created == began


async def test_a_copy_is_enough_until_something_changes() -> None:
    """In this process and in another; not a record is read in vain."""
    yard = await a_yard()
    for _ in range(3):
        assert await yard.vault.sufficient(KEYS, 1) == at(1)
    assert await Yard(yard.house, yard.buckets).vault.sufficient(KEYS, 1) == at(1)
    await yard.house.vault.create(TenantId("b" * 24))
    assert await yard.vault.sufficient(KEYS, 1) == at(2)


async def test_a_copy_is_made_every_day() -> None:
    """Of the same objects, if nothing has changed."""
    yard = await a_yard()
    await yard.vault.sufficient(KEYS, 1)
    yard.time.go_on(hours=24)
    assert await yard.vault.sufficient(KEYS, 1) == at(2)
    first, second = await copies(yard)
    assert first.pieces == second.pieces
    assert second.created - first.created == timedelta(days=1)


async def test_a_small_change_costs_one_object() -> None:
    """The objects in which nothing has changed are the same."""
    house = await furnished()
    for number in range(30):
        await house.vault.create(TenantId(f"{number:024x}"))
    yard = Yard(house, sizes=Sizes(vault_object=400))
    await yard.vault.sufficient({}, 1)
    before = set(names(yard, EAST, VAULT_OBJECTS))
    await _destroy(house, TenantId(f"{7:024x}"))
    await yard.vault.sufficient({}, 1)
    assert len(before) > 10
    assert len(set(names(yard, EAST, VAULT_OBJECTS)) - before) == 1
    first, second = await copies(yard)
    assert len(set(first.pieces) & set(second.pieces)) == len(first.pieces) - 1
    live = await house.vault_storage.everything(1_000)
    assert sorted(await copied(yard), key=lambda row: row.ref) == live


async def test_what_is_destroyed_is_not_waited_for() -> None:
    """A backup may name a generation that nobody has any more; one copy is made to be sure, and not another."""
    yard = await a_yard()
    await _destroy(yard.house, TENANT)
    assert await yard.vault.sufficient(KEYS, 1) == at(1)
    assert await yard.vault.sufficient(KEYS, 1) == at(1)
    assert await yard.vault.sufficient({TENANT: (1, 2)}, 1) == at(1)
    assert len(await copies(yard)) == 1


async def test_a_deleted_record_is_in_no_copy() -> None:
    """Its tombstone has done what it was for."""
    yard = await a_yard()
    await yard.vault.sufficient(KEYS, 1)
    await yard.house.vault_storage.delete(Ref(TENANT, "data-key", "000001"), 1)
    await yard.vault.sufficient({}, 1)
    assert TENANT not in {record.ref.tenant for record in await copied(yard)}
    assert await yard.house.vault_storage.unshipped(10) == []


async def test_an_empty_vault_is_copied_too() -> None:
    """Of nothing, but a copy."""
    yard = Yard(House())
    assert await yard.vault.sufficient({}, 1) == at(1)
    assert await copied(yard) == []


async def test_a_vault_that_is_out_is_not_missed_while_the_copy_is_enough() -> None:
    """Edits go on under keys that were copied."""
    flaky = FlakyStorage(MemoryStorage())
    house = House(vault=flaky)
    await house.vault.create(TENANT)
    yard = Yard(house)
    await yard.vault.sufficient({TENANT: (1,)}, 1)
    flaky.plan = (Fault(1, Harm.LOST_REQUEST, methods=READS, times=100),)
    flaky.steps.clear()
    assert await yard.vault.sufficient({TENANT: (1,)}, 1) == at(1)
    with pytest.raises(Unavailable):
        await yard.vault.sufficient({TENANT: (2,)}, 1)
    with pytest.raises(Unavailable):
        await Yard(house, yard.buckets).vault.sufficient({TENANT: (1,)}, 1)


async def test_of_two_copies_at_one_position_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is second gives its cycle up."""
    yard = await a_yard()

    async def taken(_: VaultCopy) -> bool:
        return False

    monkeypatch.setattr(yard.ground.book, "commit_copy", taken)
    with pytest.raises(Overtaken):
        await yard.vault.sufficient(KEYS, 1)


async def test_an_epoch_that_is_over_makes_no_copies() -> None:
    """Another site's have taken their place."""
    yard = await a_yard()
    await yard.vault.sufficient(KEYS, 2)
    await yard.house.vault.create(TenantId("b" * 24))
    with pytest.raises(Overtaken):
        await yard.vault.sufficient(KEYS, 1)


def test_what_a_record_of_the_vault_opens() -> None:
    """A generation that is there; nothing where it is destroyed or the record is of another kind."""
    assert usable(row_of(Record(Ref(SYSTEM, "key-holder", "a"), 1, b"", MOMENT))) is None
    with pytest.raises(Corrupt):
        usable(row_of(Record(Ref(TENANT, "data-key", "000001"), 1, b"nonsense", MOMENT)))


async def _destroy(house: House, tenant: TenantId) -> None:
    """Destroy a tenant's first generation."""
    ref = Ref(tenant, "data-key", "000001")
    record = await house.vault_storage.get(ref)
    assert record is not None
    assert record.body is not None
    generation = destroy(msgspec.msgpack.decode(record.body, type=Generation), house.time.now)
    body = msgspec.msgpack.encode(generation)
    await house.vault_storage.put(replace(record, rev=record.rev + 1, body=body, shipping=Shipping.PENDING))
