"""One tenant's keys: each step when it is due, none before, and nothing destroyed that somebody may need."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.keys.succession import DESTROYED, MADE, RESEALED, RETIRED, WITHDRAWN, WRAPPED, Carried, Means
from application.maintenance.jobs import Turn
from application.sealing.records import Write
from application.sealing.resealing import BATCH
from domain.ids import SYSTEM, TenantId
from domain.keys import SETTLING, State
from domain.rotation import Colour, Concern
from ports.errors import Corrupt, NotFound, Unavailable
from ports.storage import Ref
from tests.fakes.flaky import READS, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.keys import FakeKeyManager
from tests.fakes.slow import slow
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage

SETTLED = SETTLING.total_seconds()
DAYS = 24


def ref(key: str) -> Ref:
    """A reference of the tenant's."""
    return Ref(TENANT, "thing", key)


async def begun(count: int = 3, storage: MemoryStorage | None = None) -> House:
    """A house with some things under the tenant's first key."""
    house = await furnished(storage)
    await house.records.put_many([Write(ref(f"{number:04}"), 1, number) for number in range(count)])
    return house


def turn(house: House, may_go_on: int | None = None) -> Turn:
    """A turn that lasts for so many questions, or as long as is needed."""
    asked = iter(range(10**9 if may_go_on is None else may_go_on))
    return Turn(house.time.monotonic, 10**9, may_go_on=lambda: next(asked, None) is not None)


async def carried(house: House, means: Means | None = None, may_go_on: int | None = None) -> Carried:
    """Do what is due for the tenant."""
    return await house.keys.succession.carry_on(TENANT, turn(house, may_go_on), means or Means())


async def states(house: House) -> list[State]:
    """What each generation is."""
    return [generation.state for generation in await house.vault.generations.of(TENANT)]


async def under(house: House) -> set[int]:
    """Which generations the things are under."""
    return {record.generation for record in await house.storage.scan(TENANT, "thing")}


async def test_nothing_is_due_for_a_young_key() -> None:
    """The day before its sixtieth."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS - 1)
    assert await carried(house) == Carried({})


async def test_a_key_is_replaced_and_everything_sealed_anew_in_one_go() -> None:
    """On day 60; the old key is still opened with."""
    house = await begun(BATCH + 1)
    house.time.go_on(hours=60 * DAYS)
    expected = {MADE: 1, RETIRED: 1, RESEALED: BATCH + 1}
    assert await carried(house) == Carried(expected)
    assert await states(house) == [State.DECRYPT_ONLY, State.ACTIVE]
    assert await under(house) == {2}
    assert await carried(house) == Carried({})


async def test_an_old_key_goes_when_it_has_rested_and_settled() -> None:
    """A day by the clock, and ten minutes before the eyes of whoever destroys it."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    await carried(house)
    house.time.go_on(hours=24, seconds=-1)
    assert await carried(house) == Carried({})
    house.time.go_on(seconds=1)
    assert await carried(house.neighbour()) == Carried({}), "a process that has just begun has not seen it rest"
    assert await carried(house) == Carried({DESTROYED: 1})
    assert await states(house) == [State.DESTROYED, State.ACTIVE]
    with pytest.raises(NotFound):
        await house.neighbour().vault.key(TENANT, 1)


async def test_a_clock_that_leaps_destroys_nothing_early() -> None:
    """The time of day says that the rest is over; a writer may still believe the old key active, and is not cut off."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    writer = house.neighbour()
    await writer.vault.active(TENANT)
    await carried(house)
    house.time.step(hours=48)
    assert await carried(house) == Carried({})
    house.time.go_on(seconds=59)
    await writer.records.put(Write(ref("late"), 1, "late"))
    assert await under(house) == {1, 2}
    assert (await carried(house)).done == {RESEALED: 1}
    house.time.go_on(seconds=SETTLED)
    assert (await carried(house)).done == {DESTROYED: 1}
    held = await house.neighbour().records.get(ref("late"), str)
    assert held is not None
    assert held.value == "late"


async def test_what_a_writer_stores_at_the_last_moment_is_found_by_the_last_scan() -> None:
    """A body that was sealed just before the retirement, and stored when the sweep was through, is sealed anew."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    writer = House(Paused(house.storage), house.vault_storage, time=house.time, managers=house.managers)
    await writer.records.put(Write(ref("late"), 1, "late"))
    assert isinstance(writer.storage, Paused)
    await carried(house)
    assert await under(house) == {2}
    house.time.go_on(hours=24)
    await writer.storage.resume()
    assert await under(house) == {1, 2}
    assert (await carried(house)).done == {RESEALED: 1, DESTROYED: 1}
    held = await house.neighbour().records.get(ref("late"), str)
    assert held is not None


async def test_what_is_stored_while_the_last_scan_runs_outlives_it() -> None:
    """A scan that begins before the settling is over decides nothing, though it ends afterwards."""
    time, slowly = FakeTime(), set[str]()
    inner = MemoryStorage()

    async def store(_: str) -> None:
        await writer.storage.resume()  # type: ignore[attr-defined] # a Paused, below

    storage = slow(inner, time, 1.5, methods=slowly, meanwhile=store)
    house = House(storage, time=time)
    await house.vault.create(TENANT)
    await house.vault.create(SYSTEM)
    await house.records.put(Write(ref("0"), 1, 0))
    time.go_on(hours=60 * DAYS)
    writer = House(Paused(inner), house.vault_storage, time=time, managers=house.managers)
    await writer.records.put(Write(ref("late"), 1, "late"))
    await carried(house)
    time.step(hours=48)
    time.go_on(seconds=SETTLED - 1)
    slowly.add("sealed_below")
    assert await carried(house) == Carried({})
    slowly.clear()
    assert await under(house) == {1, 2}
    assert (await carried(house)).done == {RESEALED: 1, DESTROYED: 1}
    held = await house.neighbour().records.get(ref("late"), str)
    assert held is not None


class Paused(FlakyStorage):
    """Keeps what is put to itself until it is told to go on."""

    async def put(self, record: object) -> None:
        self.kept = record

    async def resume(self) -> None:
        """Store what was kept."""
        await self.inner.put(self.kept)  # type: ignore[arg-type] # as above


@pytest.mark.parametrize("needs", [{1}, {1, 2}])
async def test_what_backups_need_is_kept(needs: set[int]) -> None:
    """However long that takes, and without anybody calling it late."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    await carried(house)
    house.uses.generations[TENANT] = needs
    house.time.go_on(hours=35 * DAYS)
    assert await carried(house) == Carried({})
    del house.uses.generations[TENANT]
    assert (await carried(house)).done == {DESTROYED: 1}


async def test_nothing_is_destroyed_while_nobody_can_tell() -> None:
    """It is said of how many keys, and everything else goes on."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    await carried(house)
    house.time.go_on(hours=24)
    house.uses.failure = Unavailable("out")
    assert await carried(house) == Carried({}, kept_unasked=1)
    house.uses.failure = None
    assert (await carried(house)).done == {DESTROYED: 1}


async def test_backups_are_not_asked_about_keys_that_cannot_go_yet() -> None:
    """While something is under the old key, or its rest is not over."""
    house = await begun()
    house.uses.failure = Corrupt("asked")
    house.time.go_on(hours=60 * DAYS)
    for _ in range(3):
        assert (await carried(house)).kept_unasked == 0
        house.time.go_on(hours=7)


async def test_without_a_key_manager_edits_go_on_and_the_key_is_made_later() -> None:
    """Amber at once, red only from day 75, and well again in the turn in which all are back."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    await house.vault.active(TENANT)
    house.key_manager.failure = Unavailable("out")
    means = Means()
    assert await carried(house, means) == Carried({}, (Concern(Colour.AMBER, "due-key", 1),))
    assert not means.can_make
    await house.records.put(Write(ref("new"), 1, "edits go on"))
    calls = dict(house.key_manager.calls)
    await carried(house, means)
    assert house.key_manager.calls == calls, "one turn asks once"
    house.time.go_on(hours=15 * DAYS)
    assert (await carried(house)).concerns == (Concern(Colour.RED, "late-key", 1),)
    house.key_manager.failure = None
    assert await carried(house) == Carried({MADE: 1, RETIRED: 1, RESEALED: 4})


async def test_a_turn_that_is_over_leaves_the_rest_to_the_next() -> None:
    """Between two batches; what is left under an old key keeps it from going."""
    house = await begun(BATCH * 2)
    house.time.go_on(hours=60 * DAYS)
    first = await carried(house, may_go_on=1)
    assert (first.done[RESEALED], first.unfinished) == (BATCH, True)
    assert await carried(house, may_go_on=0) == Carried({}, unfinished=True)
    assert await carried(house) == Carried({RESEALED: BATCH})


async def test_a_late_sweep_is_red() -> None:
    """Something is still under a key of 75 days."""
    house = await begun(BATCH * 2)
    house.time.go_on(hours=60 * DAYS)
    await carried(house, may_go_on=0)
    house.time.go_on(hours=15 * DAYS)
    assert (await carried(house, may_go_on=0)).concerns == (Concern(Colour.RED, "late-sweep", 1),)
    assert (await carried(house)).concerns == ()


async def test_a_record_that_does_not_open_keeps_its_key() -> None:
    """It is told how many do not; the others are sealed anew."""
    house = await begun(BATCH * 2)
    damaged = await house.storage.get(ref("0000"))
    assert damaged is not None
    await house.storage.put(replace(damaged, rev=2, body=(damaged.body or b"")[:-1]))
    house.time.go_on(hours=60 * DAYS)
    first = await carried(house)
    assert (first.refused, first.done[RESEALED], first.unfinished) == (1, BATCH * 2 - 1, False)
    house.time.go_on(hours=24)
    assert await carried(house) == Carried({}, refused=1)
    assert await states(house) == [State.DECRYPT_ONLY, State.ACTIVE]


async def test_so_many_damaged_records_end_the_sweep() -> None:
    """Nobody passes over more than half a page of them."""
    house = await begun(600)
    await house.vault_storage.erase(TENANT)
    await house.vault.create(TENANT)
    await house.keys.lifecycle.renew(TENANT, await house.vault.generations.of(TENANT))
    late = house.neighbour()
    assert (await carried(late)).refused == 600


async def test_wraps_are_mended_as_part_of_it() -> None:
    """Those that a key manager lacks, and those of an older version of its key."""
    house = await begun()
    east, west = house.key_manager, FakeKeyManager("west")
    later = House(house.storage, house.vault_storage, time=house.time, managers=[east, west])
    assert await carried(later) == Carried({WRAPPED: 1})
    east.rotate()
    means = Means(await later.vault.wraps.primaries())
    assert await carried(later, means) == Carried({WRAPPED: 1})
    assert await carried(later, means) == Carried({})


async def test_a_key_manager_that_gives_no_wrap_is_asked_once_in_a_turn() -> None:
    """The wraps that it lacks are counted, and the next turn tries again."""
    house = await begun()
    west = FakeKeyManager("west")
    west.failure = Unavailable("out")
    later = House(house.storage, house.vault_storage, time=house.time, managers=[house.key_manager, west])
    means = Means()
    assert await carried(later, means) == Carried({}, lacking=1)
    assert await carried(later, means) == Carried({}, lacking=1)
    assert west.calls["wrap"] == 1
    west.failure = None
    assert await carried(later) == Carried({WRAPPED: 1})


async def test_wraps_that_cannot_be_mended_keep_nothing_else_from_being_done() -> None:
    """Whoever has the key in memory can still seal everything anew."""
    house = await begun()
    managers = [house.key_manager, FakeKeyManager("west")]
    later = House(house.storage, house.vault_storage, time=house.time, managers=managers)
    house.key_manager.failure = Unavailable("out")
    assert await carried(later) == Carried({}, lacking=1)


async def test_a_suspected_key_is_replaced_and_withdrawn_at_once() -> None:
    """As soon as nothing is under it and nobody seals under it, ten minutes later; for the backups its wraps stay."""
    house = await begun()
    house.uses.generations[TENANT] = {1}
    await house.keys.lifecycle.ask(TENANT, 1, suspected=True)
    assert await carried(house) == Carried(
        {MADE: 1, RETIRED: 1, RESEALED: 3}, (Concern(Colour.AMBER, "suspected-key", 1),)
    )
    house.time.go_on(seconds=SETTLED - 1)
    assert (await carried(house)).done == {}
    house.time.go_on(seconds=1)
    assert await carried(house) == Carried({WITHDRAWN: 1})
    (old, _) = await house.vault.generations.of(TENANT)
    assert (old.state, set(old.wraps)) == (State.WITHDRAWN, {"fake"})
    house.time.go_on(hours=48)
    assert await carried(house) == Carried({})
    house.uses.generations.clear()
    assert await carried(house) == Carried({DESTROYED: 1})


async def test_a_suspected_key_is_not_withdrawn_while_something_is_under_it() -> None:
    """A reader would be cut off."""
    house = await begun(BATCH * 2)
    await house.keys.lifecycle.ask(TENANT, 1, suspected=True)
    await carried(house, may_go_on=0)
    house.time.go_on(seconds=SETTLED)
    assert (await carried(house, may_go_on=1)).done[WITHDRAWN] == 0
    assert (await carried(house)).done == {RESEALED: BATCH, WITHDRAWN: 1}


async def test_who_is_gone_is_left_alone() -> None:
    """A tenant without an active key gets none."""
    house = await begun()
    assert await house.keys.succession.carry_on(TenantId("nobody"), turn(house), Means()) == Carried({})


async def test_a_key_that_a_wrong_clock_has_dated_is_replaced_at_once() -> None:
    """It was made while the clock was a month ahead, and would else be in use for a month too long."""
    house = await begun()
    house.time.step(hours=60 * DAYS)
    await carried(house)
    house.time.step(hours=-60 * DAYS)
    assert (await carried(house)).done[MADE] == 1
    house.time.go_on(hours=25)
    assert (await carried(house)).done == {DESTROYED: 2}
    assert (await carried(house)).concerns == ()
    newest = (await house.vault.generations.of(TENANT))[-1]
    assert house.time.now - newest.created < timedelta(days=2)


async def test_a_storage_that_is_out_is_told() -> None:
    """The tenant is looked after by the next turn."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    out = house.neighbour(FlakyStorage(house.storage, Fault(1, Harm.LOST_REQUEST, READS, times=99)))
    with pytest.raises(Unavailable):
        await carried(out)
    assert (await carried(house)).done[RESEALED] == 3
