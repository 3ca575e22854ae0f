"""Domain objects are stored sealed and come back, and nothing else does."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
import pytest
from msgspec.structs import replace

from application.keys.vault import KeyVault
from application.sealing.records import INLINE_LIMIT, Records, Write
from domain.ids import SYSTEM
from domain.keys import STORED_WITHIN
from ports.errors import Conflict, Corrupt, InvalidArgument, NotFound, Unavailable
from ports.storage import Record, Ref, Shipping
from tests.fakes.flaky import WRITES, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.keys import FakeKeyManager
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.slow import slow
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage

DUE = datetime(2026, 2, 1, tzinfo=UTC)


class Thing(msgspec.Struct, frozen=True):
    """Something to store."""

    name: str
    size: int = 1


class OtherThing(msgspec.Struct, frozen=True):
    """Something else."""

    colour: bytes


class Traced(msgspec.Struct, frozen=True):
    """Something that notes in which thread it was opened."""

    opened_in: ClassVar[set[int]] = set()
    noise: bytes

    def __post_init__(self) -> None:
        self.opened_in.add(threading.get_ident())


def ref(key: str = "key") -> Ref:
    """A reference of the tenant's."""
    return Ref(TENANT, "thing", key)


async def house_with(*names: str) -> House:
    """A house in which there are things of these names under these keys."""
    house = await furnished()
    await house.records.put_many([Write(ref(name), 1, Thing(name)) for name in names])
    return house


async def stored(house: House, key: str) -> Record:
    """The record as it lies in the store."""
    found = await house.storage.get(ref(key))
    assert found
    return found


async def test_a_record_comes_back_as_it_was_stored() -> None:
    """The value and all that stands beside it."""
    house = await furnished()
    await house.records.put(Write(ref(), 1, Thing("oak", 7), DUE, Shipping.NEVER))
    held = await house.records.get(ref(), Thing)
    assert held is not None
    assert (held.ref, held.rev, held.value) == (ref(), 1, Thing("oak", 7))
    assert (held.updated, held.due, held.shipping) == (house.time.now, DUE, Shipping.NEVER)
    assert held.generation == 1
    assert held.sealed == len((await stored(house, "key")).body or b"")


async def test_nothing_lies_in_clear() -> None:
    """The stored body shows nothing of the value, and two of the same value differ."""
    house = await furnished()
    await house.records.put(Write(ref("a"), 1, Thing("unmistakable")))
    await house.records.put(Write(ref("b"), 1, Thing("unmistakable")))
    bodies = [(await stored(house, key)).body or b"" for key in "ab"]
    assert b"unmistakable" not in b"".join(bodies)
    assert bodies[0][2:] != bodies[1][2:]


async def test_what_is_not_there_is_none() -> None:
    """Nothing, a tombstone and a stub alike."""
    house = await house_with("gone", "stub")
    await house.records.delete(ref("gone"), 1)
    await house.storage.put(Record(ref("stub"), 2, b"", house.time.now))
    for key in ("missing", "gone", "stub"):
        assert await house.records.get(ref(key), Thing) is None


async def test_a_revision_is_taken_once() -> None:
    """A second writer of the same revision is told, and the first one's value stays."""
    house = await house_with("key")
    await house.records.put(Write(ref(), 2, Thing("first")))
    with pytest.raises(Conflict) as conflict:
        await house.records.put(Write(ref(), 2, Thing("second")))
    assert conflict.value.about == ref()
    held = await house.records.get(ref(), Thing)
    assert held is not None
    assert held.value == Thing("first")


async def test_a_lost_answer_is_settled() -> None:
    """Each write is made once, and known to be made."""
    inner = MemoryStorage()
    house = await furnished(FlakyStorage(inner, Fault(1, Harm.LOST_ANSWER, WRITES), Fault(2, Harm.CUT_SHORT, WRITES)))
    await house.records.put(Write(ref("a"), 1, Thing("a")))
    await house.records.put_many([Write(ref(key), 1, Thing(key)) for key in "bcd"])
    assert [held.value.name for held in await house.records.scan(TENANT, "thing", Thing)] == list("abcd")


async def test_a_body_that_was_moved_does_not_open() -> None:
    """Neither under another key, nor as another revision, nor for another tenant."""
    house = await house_with("oak")
    good = await stored(house, "oak")
    moved = [replace(good, ref=ref("elm")), replace(good, rev=2), replace(good, ref=good.ref._replace(tenant=SYSTEM))]
    for record in [*moved, replace(good, body=None), replace(good, body=b"")]:
        with pytest.raises(Corrupt):
            await house.records.open(record, Thing)
    assert (await house.records.open(good, Thing)).value == Thing("oak")


async def test_a_body_of_another_type_is_corrupt() -> None:
    """What opens and does not decode is told like what does not open."""
    house = await house_with("oak")
    with pytest.raises(Corrupt):
        await house.records.get(ref("oak"), OtherThing)


async def test_a_scan_opens_what_it_finds() -> None:
    """In the order asked for, without stubs."""
    house = await house_with("a1", "a2", "a3", "b1")
    await house.storage.put(Record(ref("a2"), 2, b"", house.time.now))

    async def scan(**query: object) -> list[str]:
        found = await house.records.scan(TENANT, "thing", Thing, **query)  # type: ignore[arg-type] # as the tests name them
        return [held.value.name for held in found]

    assert await scan() == ["a1", "a3", "b1"]
    assert await scan(prefix="a", reverse=True) == ["a3", "a1"]
    assert await scan(after="a1", limit=2) == ["a3"]


async def test_many_are_opened_in_order() -> None:
    """Also where they are many enough for a thread, and of two tenants."""
    house = await furnished()
    refs = [Ref((TENANT, SYSTEM)[number % 2], "thing", f"{number:04d}") for number in range(200)]
    await house.records.put_many([Write(ref, 1, Thing(ref.key)) for ref in refs])
    records = [record for ref in refs if (record := await house.storage.get(ref))]
    opened = await house.records.open_many(records, Thing)
    assert [(held.ref, held.value.name) for held in opened] == [(ref, ref.key) for ref in refs]
    assert await house.records.open_many([], Thing) == []


async def test_large_bodies_leave_the_event_loop_alone() -> None:
    """They are sealed and opened in a thread, also where they are large only together; small ones are not worth one."""
    house = await furnished()
    sealed_in: set[int] = set()

    def random(size: int) -> bytes:
        sealed_in.add(threading.get_ident())
        return house.random(size)

    records = Records(house.storage, house.vault, house.time.clock, random)
    here = threading.get_ident()
    for count, size, in_a_thread in ((1, 1_000, False), (1, INLINE_LIMIT, True), (200, 1_000, True)):
        sealed_in.clear()
        kind = f"{count}x{size}"
        await records.put_many(
            [Write(Ref(TENANT, kind, str(number)), 1, Traced(house.random(size))) for number in range(count)]
        )
        Traced.opened_in.clear()
        assert len(await records.scan(TENANT, kind, Traced)) == count
        assert (here not in sealed_in, here not in Traced.opened_in) == (in_a_thread, in_a_thread)


async def test_a_value_is_stored_as_it_was_when_it_was_handed_over() -> None:
    """What is changed while the key is fetched is not stored."""
    house = House()
    await house.vault.create(TENANT)
    values = [{"name": "before"}, {"name": "before"}]
    writes = [Write(ref(key), 1, value) for key, value in zip("ab", values, strict=True)]
    putting = asyncio.create_task(house.neighbour().records.put_many(writes))
    await asyncio.sleep(0)
    for value in values:
        value["name"] = "after"
    await putting
    found = await house.neighbour().records.scan(TENANT, "thing", Thing)
    assert [held.value.name for held in found] == ["before", "before"]


async def test_a_deletion_needs_the_newest_revision() -> None:
    """A record that somebody has changed is not deleted unseen."""
    house = await house_with("key")
    await house.records.put(Write(ref(), 2, Thing("newer")))
    with pytest.raises(Conflict):
        await house.records.delete(ref(), 1)
    await house.records.delete(ref(), 2)
    assert await house.records.get(ref(), Thing) is None


async def test_what_is_too_large_is_refused() -> None:
    """Nothing is stored of it."""
    house = await furnished()
    with pytest.raises(InvalidArgument):
        await house.records.put(Write(ref(), 1, OtherThing(bytes(17 * 1024 * 1024))))
    assert await house.storage.get(ref()) is None


async def test_without_a_data_key_nothing_is_sealed_or_opened() -> None:
    """A tenant that has none is told from a key that is out of reach."""
    house = await house_with("key")
    with pytest.raises(NotFound):
        await house.records.put(Write(Ref("stranger", "thing", "key"), 1, Thing("x")))
    out = KeyVault(
        FlakyStorage(house.vault_storage, Fault(1, Harm.LOST_REQUEST, times=99)),
        [FakeKeyManager()],
        clock=house.time.clock,
        monotonic=house.time.monotonic,
        random=house.random,
    )
    with pytest.raises(Unavailable):
        await Records(house.storage, out, house.time.clock, house.random).get(ref(), Thing)


async def overtaken(meanwhile: Callable[[House], Awaitable[object]]) -> House:
    """Put three things, lose the answer, and have something happen to what was stored before anybody looks."""
    storage = Rotating(MemoryStorage(), Fault(1, Harm.LOST_ANSWER, WRITES))
    house = await furnished(storage)
    await house.vault.active(TENANT)
    other = house.neighbour(storage.inner)
    await rotate(other)

    async def once() -> None:
        storage.rotation = None
        await meanwhile(other)

    storage.begins, storage.counted, storage.rotation = 2, WRITES, once
    await house.records.put_many([Write(ref(key), 1, Thing(key)) for key in "abc"])
    return other


async def test_a_write_that_was_only_sealed_anew_is_not_lost() -> None:
    """A rotation that replaces a record before its writer has found it again takes nothing from the writer."""
    house = await overtaken(sweep)
    assert [held.value.name for held in await house.records.scan(TENANT, "thing", Thing)] == list("abc")
    assert {record.rev for record in await house.storage.scan(TENANT, "thing")} == {2}


async def changed_within_the_same_moment(house: House) -> None:
    """Write something else, which bears the same time."""
    await house.records.put(Write(ref("a"), 2, Thing("theirs")))


async def changed_later(house: House) -> None:
    """Write the same again, at another time."""
    house.time.go_on(seconds=1)
    await house.records.put(Write(ref("a"), 2, Thing("a")))


async def emptied(house: House) -> None:
    """Leave a stub."""
    await house.storage.put(Record(ref("a"), 2, b"", house.time.now))


@pytest.mark.parametrize("meanwhile", [changed_within_the_same_moment, changed_later, emptied])
async def test_a_write_that_somebody_wrote_upon_is_a_conflict(meanwhile: Callable[[House], Awaitable[object]]) -> None:
    """Whoever writes decides upon what they have read; that is no longer so."""
    with pytest.raises(Conflict) as conflict:
        await overtaken(meanwhile)
    assert conflict.value.about == ref("a")


async def test_what_nobody_changes_is_discarded_in_whatever_seal() -> None:
    """The revision that was seen, the one that a rotation has made of it, or nothing where it is gone."""
    house = await house_with("a", "b", "c")
    await rotate(house)
    await house.records.delete(ref("c"), 1)
    await house.records.discard(ref("a"), 1)
    await sweep(house)
    for key in "abc":
        await house.records.discard(ref(key), 1)
    assert await house.storage.scan(TENANT, "thing") == []


async def test_what_is_always_changed_is_not_discarded() -> None:
    """It is told, rather than tried for ever."""

    class Busy(FlakyStorage):
        async def delete(self, ref: Ref, rev: int) -> None:
            raise Conflict(ref)

    house = await furnished(Busy(MemoryStorage()))
    await house.records.put(Write(ref(), 1, Thing("x")))
    with pytest.raises(Conflict):
        await house.records.discard(ref(), 1)


async def test_what_was_sealed_long_ago_is_not_stored() -> None:
    """A process that was stopped between the two may have missed that its key is out of use, and destroyed."""

    class Stopped(FlakyStorage):
        async def put(self, record: Record) -> None:
            stop.go_on(seconds=STORED_WITHIN.total_seconds())
            raise Unavailable

    stop = FakeTime()
    inner = MemoryStorage()
    house = House(Stopped(inner), time=stop)
    await house.vault.create(TENANT)
    with pytest.raises(Unavailable, match="too long ago"):
        await house.records.put(Write(ref(), 1, Thing("late")))
    assert inner.records == {}


async def test_what_took_long_to_be_sealed_is_not_stored() -> None:
    """It counts from before the key was asked for: by now another may have taken its place, and it be destroyed."""
    house = await furnished()
    slowly = slow(house.key_manager, house.time, STORED_WITHIN.total_seconds(), methods={"unwrap"})
    late = House(house.storage, house.vault_storage, time=house.time, managers=[slowly])
    with pytest.raises(Unavailable, match="too long ago"):
        await late.records.put(Write(ref(), 1, Thing("late")))
    assert await house.storage.get(ref()) is None


async def test_what_took_long_to_be_sealed_anew_is_not_stored() -> None:
    """Likewise, from before it was looked for what is under an older key."""
    house = await house_with("a")
    await rotate(house)
    for methods in ({"sealed_below"}, {"unwrap"}):
        time = house.time
        storage = slow(house.storage, time, STORED_WITHIN.total_seconds(), methods=methods)
        manager = slow(house.key_manager, time, STORED_WITHIN.total_seconds(), methods=methods)
        late = House(storage, house.vault_storage, time=time, managers=[manager])
        with pytest.raises(Unavailable, match="too long ago"):
            await late.resealing.some(TENANT, 2)
        found = await house.storage.get(ref("a"))
        assert found is not None
        assert found.generation == 1
