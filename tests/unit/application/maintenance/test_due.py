"""What is due is looked at once in a turn."""

from datetime import timedelta

from application.maintenance.due import each_due, planned
from application.maintenance.jobs import Turn
from ports.storage import Record, Ref
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage

KIND = "kind"


async def filled(count: int, time: FakeTime) -> MemoryStorage:
    """Return a storage of records, of which each is due a second after the one before, the first one now."""
    storage = MemoryStorage()
    for number in range(count):
        due = time.now + timedelta(seconds=number)
        await storage.put(Record(Ref("tenant", KIND, f"{number:04d}"), 1, b"", time.now, due=due))
    return storage


async def met(storage: MemoryStorage, time: FakeTime, turn: Turn, *, delete: bool) -> list[int]:
    """Return the numbers of the records that were met."""
    numbers = []
    async for record in each_due(storage, KIND, time.clock, turn):
        numbers.append(int(record.ref.key))
        if delete:
            await storage.delete(record.ref, record.rev)
    return numbers


async def test_each_record_is_met_once_soonest_first() -> None:
    """Those that are dealt with make room for the next; those that stay as they are hold up nobody."""
    for delete in (True, False):
        time = FakeTime()
        storage = await filled(250, time)
        time.go_on(seconds=239)
        assert await met(storage, time, Turn(time.monotonic, 60), delete=delete) == list(range(240))


async def test_records_that_stay_due_hold_up_others_only_beyond_a_thousand() -> None:
    """Of more than one question can ask for, the soonest are met."""
    time = FakeTime()
    storage = await filled(1_100, time)
    time.go_on(seconds=2_000)
    assert await met(storage, time, Turn(time.monotonic, 60), delete=False) == list(range(1_000))


async def test_a_turn_that_is_over_meets_no_more() -> None:
    """It ends between two records."""
    time = FakeTime()
    storage = await filled(10, time)
    time.go_on(seconds=60)
    steps = iter((True, True, False))
    turn = Turn(time.monotonic, 60, may_go_on=lambda: next(steps))
    assert await met(storage, time, turn, delete=True) == [0, 1]


async def test_a_plan_looks_far_ahead() -> None:
    """It names what is due in years, soonest first."""
    time = FakeTime()
    storage = await filled(3, time)
    assert [record.ref.key for record in await planned(storage, KIND, time.clock)] == ["0000", "0001", "0002"]
