"""What is tried before and after a switch says what is amiss, by name."""

from msgspec.structs import replace

from application.failover.trial import Trial, compare, open_keys
from domain.ids import SYSTEM
from domain.keys import State
from ports.errors import Unavailable
from ports.rows import rows_of
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.keys import FakeKeyManager
from tests.fakes.rotating import rotate
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.keys.scenes import Defective


async def test_every_key_is_opened_by_the_managers_that_are_given_alone() -> None:
    """What only others have wrapped, or one that is out, is a failure; what is destroyed is nobody's concern."""
    east, west = FakeKeyManager("east"), FakeKeyManager("west")
    house = House(managers=[east, west])
    await house.vault.create(SYSTEM)
    await house.vault.create(TENANT)
    await rotate(house)
    asked = east.calls["unwrap"]
    assert await open_keys(house.vault.generations, [west]) == Trial(3)
    await house.vault.generations.change(TENANT, 1, lambda each: replace(each, state=State.DESTROYED, wraps={}))
    assert await open_keys(house.vault.generations, [west]) == Trial(2)
    assert east.calls["unwrap"] == asked
    named = (f"{TENANT}/2", f"{SYSTEM}/1")
    assert await open_keys(house.vault.generations, [FakeKeyManager("north")]) == Trial(2, 2, named)
    west.failure = Unavailable("out")
    assert await open_keys(house.vault.generations, [west]) == Trial(2, 2, named)
    assert await open_keys(house.vault.generations, [west, east]) == Trial(2)
    assert await open_keys(house.vault.generations, [Defective("west")]) == Trial(2, 2, named)


async def test_many_keys_are_opened_page_by_page() -> None:
    """None is left out between two pages."""
    house = await furnished()
    generation = await house.vault.generations.get(TENANT, 1)
    assert generation is not None
    for number in range(2, SCAN_LIMIT):
        await house.vault.generations.add(TENANT, replace(generation, number=number))
    trial = await open_keys(house.vault.generations, house.managers)
    assert (trial.tried, trial.failed, len(trial.named)) == (SCAN_LIMIT, SCAN_LIMIT - 2, 20)


async def test_what_is_missing_or_older_is_found() -> None:
    """What was written since, and what backups are not about, does not matter."""
    time, before, after = FakeTime(), MemoryStorage(), MemoryStorage()

    def record(key: str, rev: int = 1, shipping: Shipping = Shipping.PENDING) -> Record:
        return Record(Ref(TENANT, "kind", key), rev, b"sealed", time.clock(), shipping=shipping)

    lease = record("lease", 1, Shipping.NEVER)
    await before.apply(rows_of([record("a"), record("b", 2), record("c"), record("d"), lease]))
    await after.apply(rows_of([record("0"), record("a", 3), record("b"), record("c"), record("z")]))
    assert await compare(before, after) == Trial(4, 2, (f"{TENANT}/kind/b", f"{TENANT}/kind/d"))
    assert await compare(after, before) == Trial(5, 3, tuple(f"{TENANT}/kind/{key}" for key in ("0", "a", "z")))
    assert await compare(before, MemoryStorage()) == Trial(
        4, 4, tuple(f"{TENANT}/kind/{key}" for key in ("a", "b", "c", "d"))
    )
