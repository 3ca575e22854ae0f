"""The sweep takes away what nobody needs, and never what somebody names."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.maintenance.jobs import Due, Report, Turn
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


async def test_the_plan_tells_when_the_next_of_each_kind_is_due() -> None:
    """Soonest first; kinds of which there are none are left out."""
    house = await furnished()
    job = Sweeping(house.records, house.time.clock)
    assert await job.plan() == []
    began = house.time.now
    await orphaned(house, "part")
    house.time.go_on(hours=1)
    await orphaned(house, "part")
    await house.records.put(Write(Ref(TENANT, USE, "digest"), 1, None, due=began, shipping=Shipping.NEVER))
    assert await job.plan() == [
        Due(at=began, what="forget used tokens that have expired"),
        Due(at=began + timedelta(hours=24), what="look whether a change names its parts"),
    ]


def memory(house: House) -> MemoryStorage:
    """Return what the house stores in."""
    assert isinstance(house.storage, MemoryStorage)
    return house.storage


async def spoilt(house: House, ref: Ref) -> None:
    """Have the storage give back other bytes than were stored."""
    memory(house).records[ref] = replace(memory(house).records[ref], body=b"\x01\x00" + bytes(100))


async def a_large_change(house: House) -> None:
    """Store a change in parts."""
    await edited(house, await a_panorama(house), *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await house.panoramas.close()


@pytest.mark.parametrize("kind", ["part", "change", "snapshot-part", "snapshot"])
async def test_what_does_not_open_is_told_and_keeps_nothing_else_from_being_swept(kind: str) -> None:
    """The part stays, whether it itself or what should name it is damaged; the finding, too, until it is mended."""
    house = await furnished()
    await a_large_change(house)
    damaged = (await house.storage.scan(TENANT, kind))[-1].ref
    intact = {ref: record for ref, record in memory(house).records.items() if "part" in ref.kind}
    house.time.go_on(hours=1)
    await orphaned(house, kind if "part" in kind else "part")
    sound = memory(house).records[damaged]
    await spoilt(house, damaged)
    for _ in range(2):
        house.time.go_on(hours=25)
        report = await swept(house)
        assert [(finding.code, finding.tenant) for finding in report.findings] == [("unreadable-part", TENANT)]
        assert not report.unfinished
    left = {record.ref for part in ("part", "snapshot-part") for record in await house.storage.scan(TENANT, part)}
    assert left == intact.keys(), "orphans are gone, and all that is named is there"
    memory(house).records[damaged] = sound
    mended = await swept(house)
    assert mended.findings == ()
    assert list(mended.done) == ["parts with a name kept"]


async def test_more_damage_than_one_batch_holds_everything_up_no_longer() -> None:
    """Records behind hundreds that cannot be judged are swept."""
    house = await furnished()
    await a_large_change(house)
    (part, *_) = await house.storage.scan(TENANT, "part")
    for number in range(700):
        ref = Ref(TENANT, "part", f"{part.ref.key}{number}")
        memory(house).records[ref] = replace(part, ref=ref)
    house.time.go_on(hours=1)
    await orphaned(house, "part")
    house.time.go_on(hours=24)
    report = await swept(house)
    assert report.findings[0].what.startswith("700 parts")
    assert report.done["parts without a name removed"] == 1


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


async def test_what_no_key_opens_is_told_and_stays() -> None:
    """Somebody may have named the wrong vault; what nothing names is taken away without being opened."""
    house = await furnished()
    await a_large_change(house)
    named = memory(house).records.copy()
    house.time.go_on(hours=1)
    await orphaned(house, "part")
    await house.vault_storage.erase(TENANT)
    stranger = house.neighbour()
    stranger.time.go_on(hours=24)
    report = await swept(stranger)
    assert [finding.code for finding in report.findings] == ["unreadable-part"]
    assert report.done == {"parts without a name removed": 1}
    assert named.items() <= memory(house).records.items()
