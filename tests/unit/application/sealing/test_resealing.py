"""What is under an older key is sealed anew under the newest, and nothing else about it changes."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import shake_128

import pytest
from msgspec.structs import replace

from application.sealing.records import Write
from application.sealing.resealing import BATCH, Resealed, ships_again
from domain.keys import destroy, withdraw
from ports.errors import NotFound, Unavailable
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping
from tests.fakes.flaky import WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.storage import MemoryStorage

DUE = datetime(2026, 2, 1, tzinfo=UTC)
CLEAN = Resealed(0, frozenset(), was_last=True)


def ref(key: str) -> Ref:
    """A reference of the tenant's."""
    return Ref(TENANT, "thing", key)


async def rotated(*writes: Write, storage: MemoryStorage | FlakyStorage | None = None) -> House:
    """A house with things under the first generation of a key that has a second one by now."""
    house = await furnished(storage)
    await house.records.put_many(writes)
    await rotate(house)
    return house


def things(*keys: str) -> list[Write]:
    """Things whose content is their key."""
    return [Write(ref(key), 1, key) for key in keys]


async def stored(house: House, key: str) -> Record:
    """The record as it lies in the store."""
    found = await house.storage.get(ref(key))
    assert found
    return found


async def contents(house: House) -> dict[str, str]:
    """What each thing holds."""
    return {held.ref.key: held.value for held in await house.records.scan(TENANT, "thing", str)}


async def generations(house: House) -> set[int]:
    """What generations things are under."""
    return {record.generation for record in await house.storage.scan(TENANT, "thing")}


async def test_only_the_seal_changes() -> None:
    """The same content, under the new key, one revision higher; the times stay."""
    house = await rotated(Write(ref("a"), 1, "content", DUE))
    before = await stored(house, "a")
    house.time.go_on(hours=1)
    assert await house.resealing.some(TENANT, 2) == Resealed(1, frozenset(), was_last=False)
    after = await stored(house, "a")
    assert (before.generation, after.generation, after.rev) == (1, 2, 2)
    assert after.body != before.body
    assert replace(after, body=before.body, generation=1, rev=1) == before
    assert await contents(house) == await contents(house.neighbour()) == {"a": "content"}
    assert await house.resealing.some(TENANT, 2) == CLEAN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Shipping.PENDING, Shipping.PENDING),
        (Shipping.DONE, Shipping.RESEALED),
        (Shipping.RESEALED, Shipping.RESEALED),
        (Shipping.NEVER, Shipping.NEVER),
    ],
)
async def test_what_was_shipped_ships_again(before: Shipping, after: Shipping) -> None:
    """A body that the backups have under the old key reaches them under the new one; what is new stays new."""
    house = await rotated(Write(ref("a"), 1, "a", shipping=before))
    await sweep(house)
    assert (await stored(house, "a")).shipping is ships_again(before) is after


async def test_a_sweep_takes_all_and_ends() -> None:
    """However many there are, and of whatever size."""
    house = await furnished()
    large = Write(ref("large"), 1, shake_128(b"no pattern").hexdigest(500_000))
    house = await rotated(*things(*(f"{number:04}" for number in range(BATCH * 2))), large)
    before = await contents(house)
    assert await sweep(house) == BATCH * 2 + 1
    assert await generations(house) == {2}
    assert await contents(house) == before


async def test_whoever_changes_a_record_meanwhile_is_right() -> None:
    """Their revision stays, and the sweep goes on with the others."""
    storage = Rotating(MemoryStorage())
    house = await rotated(*things("a", "b", "c", "d", "e", "f"), storage=storage)

    async def change() -> None:
        storage.rotation = None
        for key in "ab":
            record = await storage.inner.get(ref(key))
            assert record
            await storage.inner.put(replace(record, rev=2, body=b"", generation=0))

    storage.steps.clear()
    storage.counted, storage.rotation = WRITES, change
    assert await house.resealing.some(TENANT, 2) == Resealed(4, frozenset(), was_last=False)
    assert await house.resealing.some(TENANT, 2) == CLEAN
    assert set(await contents(house)) == set("cdef")


async def test_what_somebody_still_writes_under_the_old_key_is_found() -> None:
    """A process that does not know of the new key yet overwrites what was sealed anew; the next look finds that."""
    house = await rotated(*things("a"))
    late = house.neighbour()
    await sweep(late)
    await house.records.put(Write(ref("a"), 3, "newer"))
    assert await generations(house) == {1}
    assert await sweep(late) == 1
    assert await contents(late) == {"a": "newer"}


async def test_two_sweeps_at_once_do_no_harm() -> None:
    """Each record is sealed anew by one of them."""
    house = await rotated(*things(*(str(number) for number in range(50))))
    other = house.neighbour()
    first, second = await asyncio.gather(sweep(house), sweep(other))
    assert first + second == 50
    assert {record.rev for record in await house.storage.scan(TENANT, "thing")} == {2}


async def test_what_does_not_open_is_passed_over_and_told() -> None:
    """A damaged record, and one whose generation is destroyed, keep nobody from sealing the others."""
    house = await rotated(*things("a", "b", "c"))
    damaged = await stored(house, "a")
    await house.storage.put(replace(damaged, rev=2, body=(damaged.body or b"")[:-1]))
    batch = await house.resealing.some(TENANT, 2)
    assert batch == Resealed(2, frozenset({ref("a")}), was_last=False)
    assert await house.resealing.some(TENANT, 2, batch.refused) == CLEAN
    other = await rotated(*things("a"))
    await other.vault.generations.change(TENANT, 1, lambda it: destroy(it, other.time.now))
    late = other.neighbour()
    assert (await late.resealing.some(TENANT, 2)).refused == {ref("a")}
    with pytest.raises(NotFound):
        await late.records.get(ref("a"), str)


async def test_as_many_as_one_scan_gives_are_passed_over() -> None:
    """More cannot be asked for at once."""
    house = await rotated(*things("a"))
    assert (await house.resealing.some(TENANT, 2, {ref(str(number)) for number in range(SCAN_LIMIT)})).sealed == 1


async def test_what_is_under_a_withdrawn_key_is_rescued() -> None:
    """The service does not open it any more, and says that this may pass; a sweep still does, and so it does pass."""
    house = await rotated(*things("a"))
    await house.vault.generations.change(TENANT, 1, lambda it: withdraw(it, house.time.now))
    late = house.neighbour()
    with pytest.raises(Unavailable):
        await late.records.get(ref("a"), str)
    assert await sweep(late) == 1
    assert await contents(late) == {"a": "a"}


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("times", [1, 50], ids=["once", "for a while"])
async def test_whatever_fails_a_repeat_goes_on(harm: Harm, times: int) -> None:
    """A store that fails once is asked again; one that is out, or a death, leaves what another sweep completes."""
    step, struck = 1, True
    while struck:
        flaky = FlakyStorage(MemoryStorage())
        house = await rotated(*things(*"abcdefghi"), storage=flaky)
        before = await contents(house)
        flaky.steps.clear()
        flaky.plan = (Fault(step, harm, times=times),)
        with suppress(Died, Unavailable):
            await sweep(house)
        struck = len(flaky.steps) >= step
        survivor = house.neighbour(flaky.inner)
        assert await contents(survivor) == before
        await sweep(survivor)
        assert await generations(survivor) == {2}
        assert await contents(survivor) == before
        assert {record.rev for record in await flaky.inner.scan(TENANT, "thing")} == {2}
        step += 1
    assert step > 4


async def test_no_key_is_asked_for_where_there_is_nothing_to_do() -> None:
    """A tenant whose old keys wait for the backups costs one question to the storage."""
    house = await rotated(*things("a"))
    await sweep(house)
    late = house.neighbour()
    before = dict(house.key_manager.calls)
    assert await late.resealing.some(TENANT, 2) == CLEAN
    assert house.key_manager.calls == before
