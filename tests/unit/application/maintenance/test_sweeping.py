"""The sweep takes away what nobody needs, and never what somebody names."""

import pytest

from application.maintenance.jobs import Report, Turn
from application.maintenance.sweeping import Sweeping
from application.panoramas.parts import Owner, Parts
from application.sealing.records import Write
from application.tenants.replays import USE
from ports.errors import Conflict
from ports.storage import Ref, Shipping
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, titles


async def orphaned(house: House, kind: str) -> None:
    """Write parts as somebody does who dies before the record that names them."""
    parts = Parts(house.records, house.time.clock, house.ids)
    await parts.write(Owner(TENANT, kind, await a_panorama(house), 2), b"lost")


async def swept(house: House, turn: Turn | None = None) -> Report:
    """Give the sweep a turn."""
    return await Sweeping(house.records, house.time.clock).run(turn or Turn(house.time.monotonic, 60))


async def due_tomorrow(house: House) -> dict[str, int]:
    """Let a day pass and sweep."""
    house.time.go_on(hours=24)
    return (await swept(house)).done


async def test_there_is_nothing_to_do_in_a_young_house() -> None:
    """What was written today is left alone."""
    house = await furnished()
    await orphaned(house, "part")
    assert await swept(house) == Report()
    assert await Sweeping(house.records, house.time.clock).plan() == []


@pytest.mark.parametrize("kind", ["part", "snapshot-part"])
async def test_parts_that_nothing_names_are_taken_away(kind: str) -> None:
    """A day after a writer died between the parts and the commit, the parts are gone."""
    house = await furnished()
    await orphaned(house, kind)
    assert await due_tomorrow(house) == {"parts without a name removed": 1}
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
    assert await due_tomorrow(house) == {"parts without a name removed": 1, "parts with a name kept": named + snapshot}
    assert len(await titles(house.neighbour(), panorama)) == 1_200


async def test_what_is_adopted_is_not_looked_at_again() -> None:
    """The next turn finds nothing due, and a fold still takes the parts away."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await house.panoramas.close()
    await due_tomorrow(house)
    assert await due_tomorrow(house) == {}
    await house.panoramas.stream.fold(TENANT, panorama, 2)
    assert await house.storage.scan(TENANT, "part") == []


async def test_used_tokens_are_forgotten_when_they_have_expired() -> None:
    """A record of a used token leaves without a tombstone."""
    house = await furnished()
    ref = Ref(TENANT, USE, "digest")
    await house.records.put(Write(ref, 1, None, due=house.time.now, shipping=Shipping.NEVER))
    assert (await swept(house)).done == {"used tokens forgotten": 1}
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
    assert await due_tomorrow(house) == {"parts without a name removed": 1}


async def test_a_turn_that_is_over_leaves_the_rest_to_another() -> None:
    """A sweep stops between two records, says so, and the next turn goes on."""
    house = await furnished()
    await orphaned(house, "part")
    await orphaned(house, "snapshot-part")
    house.time.go_on(hours=24)
    steps = iter((True, False))
    cut_short = Turn(house.time.monotonic, 60, may_go_on=lambda: next(steps))
    assert await swept(house, cut_short) == Report(done={"parts without a name removed": 1}, unfinished=True)
    assert (await swept(house)).done == {"parts without a name removed": 1}


async def test_parts_of_an_erased_tenant_are_taken_away() -> None:
    """Where the data key is gone nothing can name a part: it is removed without being opened."""
    house = await furnished()
    await orphaned(house, "part")
    await house.vault_storage.erase(TENANT)
    survivor = house.neighbour()
    survivor.time.go_on(hours=24)
    assert (await swept(survivor)).done == {"parts without a name removed": 1}
