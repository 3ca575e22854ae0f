"""Each change of an index key's record happens once, whoever else changes it, or is left to the next turn."""

from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.storage import MemoryStorage


async def begun(storage: FlakyStorage | None = None) -> House:
    """A house in which the tenant has a first index key."""
    house = await furnished(storage)
    await house.index.digest(TENANT, 1)  # type: ignore[arg-type] # any number will do
    return house


async def test_a_key_is_announced_once() -> None:
    """By whoever comes first; both are told its number."""
    house = await begun()
    first, second = house.neighbour(seed="first"), house.neighbour(seed="second")
    keys = [held.value for held in await house.index_care.keys.of(TENANT)]
    assert [await each.index_care.keys.announce(TENANT, keys, 1) for each in (first, second)] == [2, 2]
    assert len(await house.index_care.keys.of(TENANT)) == 2


async def test_what_is_noted_stays_noted() -> None:
    """A key that is in use stays so since the same moment; a walk never goes back; a key that is gone is nobody's."""
    house = await begun()
    keys = house.index_care.keys
    house.time.go_on(hours=1)
    await keys.put_in_use(TENANT, 1)
    await keys.note_walked(TENANT, 1, "b")
    await keys.note_walked(TENANT, 1, "a")
    await keys.note_compared(TENANT, 1)
    (held,) = await keys.of(TENANT)
    assert (held.value.used, held.value.walked) == (house.time.start, "b")
    assert held.value.compared == house.time.now
    await keys.destroy(held)
    await keys.note_walked(TENANT, 1, "c")
    assert await keys.of(TENANT) == []


async def test_a_change_survives_a_sweep() -> None:
    """The record that is sealed anew in between is read again."""
    storage = Rotating(MemoryStorage())
    house = await begun(storage)
    other = house.neighbour(storage.inner)
    await rotate(other)

    async def swept() -> None:
        await sweep(other)

    storage.begins, storage.rotation = storage.made() + 2, swept
    await house.index_care.keys.note_walked(TENANT, 1, "a")
    (held,) = await other.index_care.keys.of(TENANT)
    assert (held.value.walked, held.rev) == ("a", 3)


async def test_who_always_comes_too_late_leaves_it_to_the_next_turn() -> None:
    """It is not tried for ever, and no failure."""

    class Busy(FlakyStorage):
        async def put(self, record: Record) -> None:
            if record.rev > 1:
                raise Conflict(record.ref)
            await super().put(record)

    house = await begun(Busy(MemoryStorage()))
    await house.index_care.keys.note_walked(TENANT, 1, "a")
    (held,) = await house.index_care.keys.of(TENANT)
    assert held.value.walked == ""
