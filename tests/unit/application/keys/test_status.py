"""How keys stand is told without changing anything."""

from application.keys.status import COUNTED
from application.sealing.records import Write
from domain.ids import SYSTEM, TenantId
from domain.keys import State
from domain.rotation import Colour
from ports.storage import Ref
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.keys import FakeKeyManager
from tests.fakes.rotating import rotate

DAYS = 24


async def begun(records: int = 3) -> House:
    """A house with some records of the tenant's."""
    house = await furnished()
    await house.records.put_many([Write(Ref(TENANT, "thing", f"{number:04}"), 1, number) for number in range(records)])
    return house


async def test_everybody_is_told_of_the_service_itself_too() -> None:
    """Whoever is listed as having keys."""
    house = await begun()
    stranger = TenantId("stranger")
    await house.vault.generations.enter(stranger)
    found = {each.tenant: each async for each in house.keys.status.everybody()}
    assert set(found) == {TENANT, SYSTEM, stranger}
    assert [each.state for each in found[TENANT].generations] == [State.ACTIVE]
    assert {each.colour for each in found.values()} == {Colour.GREEN}
    assert (found[stranger].generations, found[stranger].sealed_below) == ([], 0)


async def test_wraps_are_told_that_are_missing_or_outdated() -> None:
    """Missing ones make it amber; outdated ones are maintenance's business."""
    house = await begun()
    house.key_manager.rotate()
    managers = [house.key_manager, FakeKeyManager("west")]
    later = House(house.storage, house.vault_storage, time=house.time, managers=managers)
    found = await later.keys.status.of(TENANT)
    assert found.lacking[1] == {"west"}
    assert found.outdated[1] == {"fake"}
    assert found.colour is Colour.AMBER


async def test_records_under_older_keys_are_counted() -> None:
    """Up to a hundred; more is more. They make it red when they should be gone."""
    house = await begun(COUNTED + 5)
    assert (await house.keys.status.of(TENANT)).sealed_below == 0
    await rotate(house)
    found = await house.keys.status.of(TENANT)
    assert (found.sealed_below, found.colour) == (COUNTED, Colour.GREEN)
    house.time.go_on(hours=75 * DAYS)
    found = await house.keys.status.of(TENANT)
    assert [(concern.code, concern.generation) for concern in found.concerns] == [("late-sweep", 1), ("late-key", 2)]
    assert found.colour is Colour.RED
