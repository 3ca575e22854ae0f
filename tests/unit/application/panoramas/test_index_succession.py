"""One tenant's index key: no lookup misses anything while another takes its place."""

import pytest
from msgspec.structs import replace

from application.keys.blind_index import INDEX_KEY
from application.keys.vault import KEY_LIFETIME
from application.maintenance.jobs import Turn
from application.panoramas.index_succession import DESTROYED, MADE, TAKEN, USED, WALKED, Carried, IndexSuccession
from application.panoramas.places import PLACE
from domain.ids import IssueId, PanoramaId, TenantId
from domain.index_keys import ANNOUNCEMENT, HANDOVER
from domain.keys import SETTLING, retire
from domain.panoramas.commands import Remove
from ports.errors import Corrupt
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.rotating import rotate
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue, node_of

DAYS = 24
ANNOUNCED, HANDED_OVER = ANNOUNCEMENT.total_seconds(), HANDOVER.total_seconds()
ISSUES = [IssueId(number) for number in range(1, 6)]


async def begun() -> tuple[House, PanoramaId, PanoramaId]:
    """A house with two panoramas under an index key of sixty days; one issue is in both, one removed, one nowhere."""
    house = await furnished()
    first, second = await a_panorama(house), await a_panorama(house)
    await edited(house, first, issue(1), issue(2))
    change = await edited(house, second, issue(2), issue(3))
    await edited(house, second, Remove(node_of(change)))
    await house.panoramas.places.announce(TENANT, first, [ISSUES[3]])
    house.time.go_on(hours=60 * DAYS)
    return house, first, second


def turn(house: House, may_go_on: int = 10**9) -> Turn:
    """A turn that lasts for so many questions."""
    asked = iter(range(may_go_on))
    return Turn(house.time.monotonic, 10**9, may_go_on=lambda: next(asked, None) is not None)


async def carried(house: House, may_go_on: int = 10**9) -> Carried:
    """Do what is due for the tenant."""
    return await house.index_care.succession.carry_on(TENANT, turn(house, may_go_on))


async def entries(house: House) -> list[str]:
    """Return the number of the key that each entry is under."""
    return [record.ref.key.partition(".")[0] for record in await house.storage.scan(TENANT, PLACE)]


async def found(house: House) -> list[list[PanoramaId]]:
    """Return where each issue is found."""
    return [await house.panoramas.places.lookup(TENANT, each) for each in ISSUES]


async def test_nothing_is_due_for_a_young_key() -> None:
    """Nor where there is none yet, nor for a tenant that has no data key any more."""
    house, _, _ = await begun()
    house.time.go_on(hours=-1)
    assert await carried(house) == Carried({})
    stranger = TenantId("stranger")
    await house.vault.create(stranger)
    assert await house.index_care.succession.carry_on(stranger, turn(house)) == Carried({})
    house.time.go_on(hours=1)
    await house.vault.generations.change(TENANT, 1, lambda it: retire(it, house.time.now))
    assert await carried(house) == Carried({})


async def test_a_key_takes_the_place_of_another_step_by_step() -> None:
    """Announced; in use ten minutes later; and when no edit can be left that knows it not, every entry is made anew."""
    house, first, second = await begun()
    before = await found(house)
    assert before == [[first], [first, second], [second], [first], []]
    assert await carried(house) == Carried({MADE: 1})
    assert await carried(house) == Carried({})
    house.time.go_on(seconds=ANNOUNCED)
    assert await carried(house) == Carried({USED: 1})
    assert await carried(house) == Carried({})
    assert set(await entries(house)) == {"1"}
    house.time.go_on(seconds=HANDED_OVER)
    assert await carried(house) == Carried({WALKED: 2, TAKEN: 5, DESTROYED: 1})
    assert await entries(house) == ["2"] * 4
    assert await found(house.neighbour()) == [[first], [first, second], [second], [], []], "what no tree knows is gone"
    assert [record.ref.key for record in await house.storage.scan(TENANT, INDEX_KEY)] == ["000002"]
    assert await carried(house) == Carried({})


async def test_new_entries_are_made_under_the_key_in_use() -> None:
    """Of a process that has just looked; one that looked before goes on under the older key for five minutes."""
    house, first, _ = await begun()
    stale = house.neighbour()
    await carried(house)
    house.time.go_on(seconds=ANNOUNCED)
    await found(stale)
    await carried(house)
    await edited(house.neighbour(seed="fresh"), first, issue(4))
    await edited(stale, first, issue(5))
    digest, other = await house.neighbour().index.digest(TENANT, ISSUES[3]), await stale.index.digest(TENANT, ISSUES[4])
    assert (digest[:2], other[:2]) == ("2.", "1.")
    for reader in (house, stale, house.neighbour()):
        assert await reader.panoramas.places.lookup(TENANT, ISSUES[3]) == [first]
        assert await reader.panoramas.places.lookup(TENANT, ISSUES[4]) == [first]
    stale.time.go_on(seconds=KEY_LIFETIME)
    assert (await stale.index.digest(TENANT, ISSUES[4]))[:2] == "2."


async def test_a_clock_that_leaps_hurries_nothing() -> None:
    """How long others may act upon what they knew is measured on another clock."""
    house, _, _ = await begun()
    await carried(house)
    house.time.step(hours=1_000)
    assert await carried(house) == Carried({}, is_late=True)
    house.time.go_on(seconds=ANNOUNCED)
    assert (await carried(house)).done == {USED: 1}
    house.time.step(hours=1_000)
    assert (await carried(house)).done == {}


async def test_a_process_that_has_just_begun_waits_for_itself() -> None:
    """It has not seen how long the key has been announced, or in use."""
    house, _, _ = await begun()
    await carried(house)
    house.time.go_on(seconds=ANNOUNCED)
    assert (await carried(house.neighbour())).done == {}
    assert (await carried(house)).done == {USED: 1}
    house.time.go_on(seconds=HANDED_OVER)
    late = house.neighbour()
    assert (await carried(late)).done == {}
    late.time.go_on(seconds=HANDED_OVER)
    assert (await carried(late)).done[DESTROYED] == 1


@pytest.mark.parametrize("questions", range(7))
async def test_a_turn_that_is_over_leaves_the_rest_to_the_next(questions: int) -> None:
    """Wherever it ends: the walk goes on where it was, and no lookup misses anything meanwhile."""
    house, first, second = await begun()
    await carried(house)
    house.time.go_on(seconds=ANNOUNCED)
    await carried(house)
    house.time.go_on(seconds=HANDED_OVER)
    cut = await carried(house, questions)
    assert (await found(house.neighbour()))[:3] == [[first], [first, second], [second]]
    rest = await carried(house)
    assert cut.done.get(WALKED, 0) + rest.done.get(WALKED, 0) == 2
    assert cut.done.get(DESTROYED, 0) + rest.done.get(DESTROYED, 0) == 1
    assert await entries(house) == ["2"] * 4


async def test_the_walk_notes_how_far_it_is() -> None:
    """A process that dies leaves the next one little to repeat."""
    house, first, second = await begun()
    await carried(house)
    house.time.go_on(seconds=ANNOUNCED)
    await carried(house)
    house.time.go_on(seconds=HANDED_OVER)
    care = house.keys
    walk = IndexSuccession(
        house.index_care.keys, house.panoramas, house.storage, care.generations, care.witness, care.policy, stride=1
    )
    await walk.carry_on(TENANT, turn(house, 1))
    keys = {held.value.number: held.value.walked for held in await house.index_care.keys.of(TENANT)}
    assert keys == {1: "", 2: min(first, second)}


async def test_a_tree_that_does_not_load_keeps_the_old_entries() -> None:
    """Nobody can tell what they would have to be made of; it is told, and tried again."""
    house, first, _ = await begun()
    await carried(house)
    house.time.go_on(seconds=ANNOUNCED)
    await carried(house)
    house.time.go_on(seconds=HANDED_OVER)
    (record, *_) = await house.storage.scan(TENANT, "change", prefix=first)
    await house.storage.put(replace(record, rev=2, body=b"noise"))
    with pytest.raises(Corrupt):
        await carried(house)
    assert (await entries(house)).count("1") == 5


async def test_a_key_is_late_until_nothing_is_under_it() -> None:
    """From day 75 on, whether it is in use or on its way out."""
    house, _, _ = await begun()
    house.time.go_on(hours=15 * DAYS)
    assert await carried(house) == Carried({MADE: 1}, is_late=True)
    house.time.go_on(seconds=ANNOUNCED)
    assert (await carried(house)).is_late
    house.time.go_on(seconds=HANDED_OVER)
    assert not (await carried(house)).is_late
    assert not (await carried(house)).is_late


async def test_a_key_that_may_have_leaked_is_replaced_when_the_data_key_has_been() -> None:
    """Not sooner: the new one would be sealed under the data key that may have leaked as well."""
    house = await furnished()
    await edited(house, await a_panorama(house), issue(1))
    await house.keys.lifecycle.ask(TENANT, 1, suspected=True)
    assert await carried(house) == Carried({})
    await rotate(house)
    assert await carried(house) == Carried({})
    house.time.go_on(seconds=SETTLING.total_seconds())
    assert await carried(house) == Carried({MADE: 1})
    (_, held) = await house.index_care.keys.of(TENANT)
    assert (held.value.under, held.generation) == (2, 2)
    house.time.go_on(seconds=ANNOUNCED)
    await carried(house)
    house.time.go_on(seconds=HANDED_OVER)
    assert (await carried(house)).done[DESTROYED] == 1
    house.time.go_on(seconds=HANDED_OVER)
    assert await carried(house) == Carried({}), "the new one has not leaked"
