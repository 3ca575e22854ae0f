"""Whoever has been erased stays erased, whatever is restored; and whoever has returned stays."""

import pytest

from application.retention.restoring import apply_ledger
from domain.tenants import is_served
from ports.errors import NotFound
from ports.rows import rows_of
from ports.storage import Record
from tests.fakes.house import House
from tests.fakes.retention import SITE, Office, opened
from tests.fakes.storage import MemoryStorage


def everything(storage: object) -> list[Record]:
    """Return all that a storage holds."""
    assert isinstance(storage, MemoryStorage)
    return list(storage.records.values())


async def test_an_old_copy_of_storage_and_vault_is_erased_by_the_ledger() -> None:
    """A restore brings back what was there before the purge, the newest ledger over it, and applies that last."""
    office = await opened()
    first, other = await office.settle(), await office.settle("jira:other")
    records, wraps = everything(office.house.storage), everything(office.house.vault_storage)
    await office.remove()
    await office.purge_all()
    second = await office.settle()
    newest = [record for record in everything(office.house.storage) if record.ref.kind in {"erasure", "receipt"}]
    house = House(time=office.time, managers=office.house.managers)
    await house.storage.apply(rows_of([*newest, *records]))
    await house.vault_storage.apply(rows_of(wraps))
    restored = Office(house)
    assert await restored.read(first) == "made by a user", "before the ledger is applied, an old copy would open"
    for expected in (1, 0):
        assert await apply_ledger(house.records, house.vault) == expected
        assert await restored.left(first) == []
    fresh = restored.neighbour()
    with pytest.raises(NotFound):
        await fresh.write(first, "late")
    assert await fresh.read(other) == "made by a user"
    assert await fresh.tenants.by_alias(SITE) is None
    assert await fresh.install() not in (None, first, second)


async def test_a_site_that_has_returned_is_no_business_of_the_ledger() -> None:
    """Its new life has another tenant, and its alias leads there."""
    office = await opened()
    first = await office.settle()
    await office.remove()
    await office.purge_all()
    second = await office.settle()
    assert await apply_ledger(office.house.records, office.house.vault) == 0
    view = await office.neighbour().tenants.by_alias(SITE)
    assert view is not None
    assert is_served(view.tenant)
    assert view.tenant.id == second != first
    assert await office.neighbour().read(second) == "made by a user"
