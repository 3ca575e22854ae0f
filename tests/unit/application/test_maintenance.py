"""The sweep takes away what nobody needs, and never what somebody names."""

import asyncio

import pytest

from application.maintenance import Swept, maintain, sweep
from application.panoramas.parts import Owner, Parts
from application.sealing.records import Write
from application.tenants.replays import USE
from ports.errors import Conflict
from ports.storage import Ref, Shipping
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, titles


async def orphaned(house: House, kind: str) -> None:
    """Write parts as somebody does who dies before the record that names them."""
    parts = Parts(house.records, house.time.clock, house.ids)
    await parts.write(Owner(TENANT, kind, await a_panorama(house), 2), b"lost")


async def due_tomorrow(house: House) -> Swept:
    """Let a day pass and sweep."""
    house.time.go_on(hours=24)
    return await sweep(house.records, house.time.clock)


async def test_there_is_nothing_to_do_in_a_young_house() -> None:
    """What was written today is left alone."""
    house = await furnished()
    await orphaned(house, "part")
    assert await sweep(house.records, house.time.clock) == Swept(uses=0, orphans=0, adopted=0)


@pytest.mark.parametrize("kind", ["part", "snapshot-part"])
async def test_parts_that_nothing_names_are_taken_away(kind: str) -> None:
    """A day after a writer died between the parts and the commit, the parts are gone."""
    house = await furnished()
    await orphaned(house, kind)
    assert await due_tomorrow(house) == Swept(uses=0, orphans=1, adopted=0)
    assert await house.storage.scan(TENANT, kind) == []


async def test_parts_of_a_second_try_do_not_pass_for_the_first() -> None:
    """Of two tries to write one version only the parts that the stored change names are kept."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await house.panoramas.close()
    parts = Parts(house.records, house.time.clock, house.ids)
    await parts.write(Owner(TENANT, "part", panorama, 2), b"lost")
    named = len(await house.storage.scan(TENANT, "part")) - 1
    snapshot = len(await house.storage.scan(TENANT, "snapshot-part"))
    assert await due_tomorrow(house) == Swept(uses=0, orphans=1, adopted=named + snapshot)
    assert len(await titles(house.neighbour(), panorama)) == 1_200


async def test_what_is_adopted_is_not_looked_at_again() -> None:
    """The next turn finds nothing due, and a fold still takes the parts away."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await house.panoramas.close()
    await due_tomorrow(house)
    assert await due_tomorrow(house) == Swept(uses=0, orphans=0, adopted=0)
    await house.panoramas.stream.fold(TENANT, panorama, 2)
    assert await house.storage.scan(TENANT, "part") == []


async def test_used_tokens_are_forgotten_when_they_have_expired() -> None:
    """A record of a used token leaves without a tombstone."""
    house = await furnished()
    ref = Ref(TENANT, USE, "digest")
    await house.records.put(Write(ref, 1, None, due=house.time.now, shipping=Shipping.NEVER))
    assert await sweep(house.records, house.time.clock) == Swept(uses=1, orphans=0, adopted=0)
    await house.records.put(Write(ref, 1, None, due=house.time.now, shipping=Shipping.NEVER))


class Raced(MemoryStorage):
    """Answers what is due, but somebody else is always faster to act on it."""

    async def delete(self, ref: Ref, rev: int) -> None:
        """Delete as somebody else, and refuse."""
        await super().delete(ref, rev)
        raise Conflict(ref)


async def test_two_processes_may_sweep_at_once() -> None:
    """What another process took away first is no error."""
    house = await furnished(Raced())
    await orphaned(house, "part")
    assert (await due_tomorrow(house)).orphans == 1


async def test_every_turn_sweeps_and_none_ends_the_work() -> None:
    """A turn in which the store is away is followed by one that does the work."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    await orphaned(house, "part")
    house.time.go_on(hours=24)
    storage.steps.clear()
    storage.plan = (Fault(1, Harm.LOST_REQUEST),)
    turns: list[float] = []

    async def turn(seconds: float) -> None:
        turns.append(seconds)
        if len(turns) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await maintain(house.records, house.time.clock, turn)
    assert turns == [60] * 3
    assert await house.storage.scan(TENANT, "part") == []
