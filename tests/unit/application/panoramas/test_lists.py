"""Lists never show what is stale or hidden, whatever crashed between a commit and its list entry."""

import pytest

from application.panoramas.lists import HITS, Entry, list_panoramas, panoramas_of_issue
from domain.ids import IssueId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import Archive, Remove, Rename, Restore, SetAccess
from ports.errors import ReadOnly
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of

PUTS = frozenset({"put", "put_many"})


async def listed(house: House, user: UserId = ANN, after: str = "", limit: int = 100) -> list[Entry]:
    """Return what a user's list shows."""
    return await list_panoramas(TENANT, user, house.panoramas, after=after, limit=limit)


async def test_a_list_shows_name_owner_and_whether_one_may_edit() -> None:
    """Everybody may edit a panorama whose access nobody has narrowed."""
    house = await furnished()
    panorama = await a_panorama(house, name="Plan")
    (entry,) = await listed(house, BEN)
    assert (entry.panorama, entry.name, entry.owner, entry.archived) == (panorama, "Plan", ANN, False)
    assert entry.editable
    assert entry.created == house.time.now


async def test_a_list_follows_what_concerns_it() -> None:
    """A new name, narrower access and archiving show at once."""
    house = await furnished()
    panorama = await a_panorama(house, name="Plan")
    await edited(house, panorama, Rename("Other"), SetAccess(Access(None, frozenset())), Archive())
    (entry,) = await listed(house, BEN)
    assert (entry.name, entry.archived, entry.editable) == ("Other", True, False)


async def test_a_list_leaves_out_what_one_may_not_see() -> None:
    """A page is filled up from beyond what is left out."""
    house = await furnished()
    hidden = [await a_panorama(house, name=f"hidden {number}") for number in range(3)]
    for panorama in hidden:
        await edited(house, panorama, SetAccess(Access(frozenset(), frozenset())))
    shown = await a_panorama(house, name="shown")
    assert [entry.panorama for entry in await listed(house, BEN, limit=1)] == [shown]
    assert len(await listed(house, ANN)) == 4


async def test_a_long_list_comes_in_pages() -> None:
    """Each page goes on after the last id of the one before; together they hold each panorama once."""
    house = await furnished()
    made = [await a_panorama(house, name=str(number)) for number in range(205)]
    seen: list[str] = []
    while page := await listed(house, after=seen[-1] if seen else "", limit=50):
        seen += [entry.panorama for entry in page]
    assert seen == sorted(made)
    assert len(await listed(house, limit=1_000)) == 205


@pytest.mark.parametrize("harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER])
async def test_a_crash_around_the_entry_shows_what_was_committed(harm: Harm) -> None:
    """Dying at any write of a rename leaves a list that shows the name that the tree has."""
    for step in range(1, 4):
        storage = FlakyStorage(MemoryStorage())
        house = await furnished(storage)
        panorama = await a_panorama(house, name="old")
        storage.steps.clear()
        storage.plan = (Fault(step, harm, PUTS),)
        with pytest.raises(Died):
            await edited(house, panorama, Rename("new"))
        survivor = house.neighbour(storage.inner)
        name = (await survivor.panoramas.newest(TENANT, panorama)).tree.name
        assert [entry.name for entry in await listed(survivor)] == [name]
        assert [entry.name for entry in await listed(survivor)] == [name]


async def test_a_list_without_an_answer_about_its_entry_is_not_an_error_of_the_edit() -> None:
    """The rename is committed; that its entry could not be written is repaired by the next list."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house, name="old")
    storage.steps.clear()
    storage.plan = (Fault(3, Harm.LOST_REQUEST, PUTS, times=10),)
    await edited(house, panorama, Rename("new"))
    storage.plan = ()
    assert [entry.name for entry in await listed(house)] == ["new"]


async def test_a_creation_that_died_before_its_commit_is_never_listed() -> None:
    """The mark of a panorama that never came to be shows nothing, and is no obstacle."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    await a_panorama(house, name="there")
    storage.steps.clear()
    storage.plan = (Fault(2, Harm.DEATH_BEFORE, PUTS),)
    with pytest.raises(Died):
        await a_panorama(house, name="lost")
    assert [entry.name for entry in await listed(house.neighbour(storage.inner))] == ["there"]


async def test_an_abandoned_mark_is_dropped_after_an_hour() -> None:
    """A list asks the tree while a mark is young; an old one is taken away with the repair."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house, name="old")
    storage.steps.clear()
    storage.plan = (Fault(2, Harm.DEATH_BEFORE, PUTS),)
    with pytest.raises(Died):
        await edited(house, panorama, Rename("new"))
    survivor = house.neighbour(storage.inner)
    await listed(survivor)
    assert (await survivor.panoramas.entries.page(TENANT, "", 1))[0].value.marks
    house.time.go_on(hours=1)
    await listed(survivor)
    assert not (await survivor.panoramas.entries.page(TENANT, "", 1))[0].value.marks


async def test_an_issue_leads_to_the_panoramas_that_hold_it() -> None:
    """Each panorama is named once, with all nodes that stand for the issue."""
    house = await furnished()
    first, second = await a_panorama(house, name="first"), await a_panorama(house, name="second")
    one = await edited(house, first, issue(7))
    two = await edited(house, first, issue(7))
    await edited(house, second, issue(8))
    (hit,) = await panoramas_of_issue(TENANT, BEN, IssueId(7), house.panoramas)
    assert (hit.panorama, hit.name, set(hit.nodes)) == (first, "first", {node_of(one), node_of(two)})


async def test_a_removed_issue_leads_nowhere_until_it_is_restored() -> None:
    """A lookup asks the tree, so that what the index still holds shows nothing that is gone."""
    house = await furnished()
    panorama = await a_panorama(house)
    node = node_of(await edited(house, panorama, issue(7)))
    await edited(house, panorama, Remove(node))
    assert await panoramas_of_issue(TENANT, ANN, IssueId(7), house.panoramas) == []
    await edited(house, panorama, Restore(node))
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(7), house.panoramas)) == 1


async def test_an_issue_leads_only_to_what_one_may_see() -> None:
    """Nobody learns from a lookup that a hidden panorama exists."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, issue(7), SetAccess(Access(frozenset(), frozenset())))
    assert await panoramas_of_issue(TENANT, BEN, IssueId(7), house.panoramas) == []


async def test_an_issue_in_very_many_panoramas_is_answered_with_some() -> None:
    """An answer has its limit."""
    house = await furnished()
    for number in range(HITS + 1):
        await edited(house, await a_panorama(house, name=str(number)), issue(7))
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(7), house.panoramas)) == HITS


async def test_a_commit_that_never_came_leaves_an_entry_that_shows_nothing() -> None:
    """The index is written before the commit, so it may name a panorama that does not hold the issue."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"), issue(6))
    storage.steps.clear()
    storage.plan = (Fault(2, Harm.DEATH_BEFORE, PUTS),)
    with pytest.raises(Died):
        await edited(house, panorama, issue(7))
    survivor = house.neighbour(storage.inner)
    assert await survivor.panoramas.places.lookup(TENANT, IssueId(7)) == [panorama]
    assert await panoramas_of_issue(TENANT, ANN, IssueId(7), survivor.panoramas) == []


async def test_a_list_that_may_not_repair_its_entry_shows_what_the_tree_says_all_the_same() -> None:
    """A site that takes no changes for the moment goes on answering reads."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house, name="old")
    storage.steps.clear()
    storage.plan = (Fault(3, Harm.LOST_REQUEST, PUTS, times=10),)
    await edited(house, panorama, Rename("new"))
    storage.plan = (Fault(1, Harm.LOST_REQUEST, PUTS, times=10, error=ReadOnly),)
    storage.steps.clear()
    assert [entry.name for entry in await listed(house)] == ["new"]
    assert storage.steps, "it has been tried"
