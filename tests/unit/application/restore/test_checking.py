"""What is restored is read back, all of it."""

import pytest
from msgspec.structs import replace

from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded
from application.restore.checking import check
from application.restore.refusals import RestoreRefused
from domain.ids import SYSTEM
from ports.storage import Record, Ref, Shipping
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import begun, discarded, edited


async def a_house() -> tuple[House, dict[str, Record]]:
    """Return a site with three panoramas, and two that are discarded, and its changes by their keys."""
    house = await furnished()
    for name in ("one", "two", "three"):
        await edited(house, await begun(house, name))
    await discarded(house, await begun(house, "gone"))
    cleared = await begun(house, "cleared")
    await discarded(house, cleared)
    assert await clear_discarded(Address(TENANT, cleared), None, house.panoramas, lambda: True)
    assert isinstance(house.storage, MemoryStorage)
    return house, {ref.key: record for ref, record in house.storage.records.items() if ref.kind == "change"}


@pytest.mark.parametrize("page", [1, 2, 5, 100])
async def test_everything_is_counted(page: int) -> None:
    """However the pages divide it, also among what no backup holds; what is discarded is no panorama any more."""
    house, _ = await a_house()
    leases = [Record(Ref(SYSTEM, "lease", key), 1, b"", house.time.now, shipping=Shipping.NEVER) for key in "ab"]
    await house.storage.put_many(leases)
    told: list[int] = []
    checked = await check(house.records, house.panoramas.loader, told.append, page_size=page)
    assert (checked.tenants, checked.panoramas, checked.records) == (1, 3, sum(told))
    assert checked == await check(house.neighbour().records, house.panoramas.loader)


async def test_a_record_that_does_not_open_is_refused() -> None:
    """It is not what was sealed."""
    house, changes = await a_house()
    assert isinstance(house.storage, MemoryStorage)
    record = next(iter(changes.values()))
    assert record.body is not None
    house.storage.records[record.ref] = replace(record, body=record.body[:-1] + b"\0")
    with pytest.raises(RestoreRefused, match="does not open"):
        await check(house.neighbour().records, house.neighbour().panoramas.loader)


async def test_a_panorama_with_a_gap_is_refused() -> None:
    """It is named."""
    house, changes = await a_house()
    assert isinstance(house.storage, MemoryStorage)
    first = min(changes)
    del house.storage.records[changes[first].ref]
    with pytest.raises(RestoreRefused, match=f"panorama {first.partition('/')[0]} of tenant {TENANT} is not whole"):
        await check(house.neighbour().records, house.neighbour().panoramas.loader)
