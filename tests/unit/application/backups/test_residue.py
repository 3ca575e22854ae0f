"""What copies of the vault still hold of a tenant is found, and is no obstacle until it is to be called shredded."""

import pytest

from application.backups.names import VAULT_OBJECTS
from application.backups.residue import VaultCopySearcher
from application.retention.residue import StorageSearcher, VaultSearcher
from domain.ids import SYSTEM
from ports.errors import Corrupt
from tests.fakes.backups import EAST, Yard
from tests.fakes.house import House
from tests.fakes.retention import Office
from tests.unit.application.retention.scenes import GRACE, codes, removed

OBJECTS = VAULT_OBJECTS.encode()


async def test_wraps_in_copies_are_found_and_excused_until_the_end() -> None:
    """The purge is confirmed although old copies hold the keys; it is not called shredded before they are gone."""
    house = House()
    await house.vault.create(SYSTEM)
    yard = Yard(house)
    places = [VaultCopySearcher(store) for store in yard.stores]
    office = Office(house, searchers=(StorageSearcher(house.records), VaultSearcher(house.vault), *places))
    _, tenant = await removed(office)
    await yard.vault.sufficient({tenant: (1,)}, 1)
    await office.days(GRACE)
    report = await office.days(1)
    assert report.done == {"purges confirmed": 1, "purges taken up again": 1}
    assert codes(report) == ["residue"]
    residue = await office.retention.residue(tenant)
    assert residue.found == ()
    assert {(trace.place, trace.count) for trace in residue.copied} == {(store.name, 2) for store in yard.stores}
    for bucket in yard.buckets.values():
        bucket.blobs = {name: held for name, held in bucket.blobs.items() if not name.startswith(OBJECTS)}
    report = await office.turn()
    assert report.done == {"purges confirmed": 1, "sites shredded": 1}
    assert (await office.retention.residue(tenant)).copied == ()


async def test_of_a_shredded_tenant_no_copy_is_excused() -> None:
    """One that turns up later is told like anything else."""
    house = House()
    await house.vault.create(SYSTEM)
    yard = Yard(house)
    office, tenant = await removed(Office(house))
    await yard.vault.sufficient({tenant: (1,)}, 1)
    await office.purge_all()
    late = Office(house, searchers=[VaultCopySearcher(yard.stores[0])])
    residue = await late.retention.residue(tenant)
    assert (len(residue.found), residue.copied) == (1, ())


async def test_an_object_that_cannot_be_read_is_no_clean_one() -> None:
    """The search says so instead of finding nothing."""
    yard = Yard(House())
    await yard.house.vault.create(SYSTEM)
    await yard.vault.sufficient({SYSTEM: (1,)}, 1)
    bucket = yard.buckets[EAST]
    (name,) = [name for name in bucket.blobs if name.startswith(OBJECTS)]
    bucket.blobs[name] = (bucket.blobs[name][0], b"damaged")
    with pytest.raises(Corrupt):
        await VaultCopySearcher(yard.stores[0]).search(SYSTEM)
