"""Trees in memory: loaded once, kept within bounds, never trusted to be the newest."""

import asyncio

import pytest
from msgspec.structs import replace

from application.panoramas.cache import Address, Cache, Loaded
from application.panoramas.settings import Settings
from domain.errors import PanoramaMissing
from domain.ids import NodeId, PanoramaId, TenantId
from domain.panoramas.apply import begin
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import Added, Change, Kind, Opened
from ports.errors import Corrupt
from ports.storage import Ref
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, titles

READS = frozenset({"scan"})


async def test_a_cached_tree_costs_one_small_question() -> None:
    """The second read of a panorama asks for what came after the version that is held, and nothing else."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house)
    await house.panoramas.newest(TENANT, panorama)
    storage.steps.clear()
    await house.panoramas.newest(TENANT, panorama)
    assert storage.steps == ["scan"]


async def test_a_long_tail_is_applied_page_by_page() -> None:
    """A process that was away for hundreds of versions catches up completely."""
    house = await furnished()
    other = house.neighbour()
    panorama = await a_panorama(house)
    await other.panoramas.newest(TENANT, panorama)
    for number in range(150):
        await edited(house, panorama, group(str(number)))
    assert (await other.panoramas.newest(TENANT, panorama)).tree.version == 151


async def test_many_readers_of_a_cold_panorama_load_it_once() -> None:
    """The load is shared, and one reader that goes away does not disturb the others."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house)
    cold = house.neighbour()
    storage.steps.clear()
    readers = [asyncio.create_task(cold.panoramas.newest(TENANT, panorama)) for _ in range(20)]
    await asyncio.sleep(0)
    readers[0].cancel()
    loaded = await asyncio.gather(*readers[1:])
    assert len({id(each) for each in loaded}) == 1


async def test_a_load_that_nobody_waits_for_any_more_fails_quietly() -> None:
    """All readers went away before the load failed: nothing is left over that asyncio complains about."""
    house = await furnished()
    reader = asyncio.create_task(house.panoramas.newest(TENANT, PanoramaId("0" * 24)))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    for _ in range(20):
        await asyncio.sleep(0)
    with pytest.raises(PanoramaMissing):
        await house.panoramas.newest(TENANT, PanoramaId("0" * 24))


async def test_a_load_that_was_cancelled_is_begun_again() -> None:
    """When the process shuts a load down, the next reader starts another one."""
    house = await furnished()
    panorama = await a_panorama(house)
    cold = house.neighbour()
    reader = asyncio.create_task(cold.panoramas.newest(TENANT, panorama))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await titles(cold, panorama) == []


async def test_a_tree_behind_a_gap_is_thrown_away_and_loaded_anew() -> None:
    """A stream whose next version is a stub says that history was folded meanwhile; a broken one is Corrupt."""
    house = await furnished()
    panorama = await a_panorama(house)
    stale = house.neighbour()
    await stale.panoramas.newest(TENANT, panorama)
    await edited(house, panorama, group("a"))
    record = await house.storage.get(Ref(TENANT, "change", f"{panorama}/{2:012d}"))
    assert record is not None
    await house.storage.put(replace(record, rev=2, body=b"", generation=0))
    with pytest.raises(Corrupt):
        await stale.panoramas.newest(TENANT, panorama)


async def test_a_change_that_does_not_fit_is_corrupt_and_not_served() -> None:
    """A stored change that contradicts the tree is reported as damage, by a warm and by a cold process."""
    house = await furnished()
    panorama = await a_panorama(house)
    await house.panoramas.newest(TENANT, panorama)
    lost = Added(NodeId("d" * 24), Kind.GROUP, NodeId("e" * 24), title="t")
    bad = Change(2, house.ids.change(), ANN, house.time.now, (lost,))
    await house.panoramas.stream.append(TENANT, panorama, bad)
    with pytest.raises(Corrupt):
        await house.panoramas.newest(TENANT, panorama)
    with pytest.raises(Corrupt):
        await house.neighbour().panoramas.newest(TENANT, panorama)


async def test_a_tree_that_its_own_commit_breaks_is_let_go() -> None:
    """The commit stands; the copy in memory is loaded anew."""
    house = await furnished()
    panorama = await a_panorama(house)
    loaded = await house.panoramas.newest(TENANT, panorama)
    lost = Added(NodeId("d" * 24), Kind.GROUP, NodeId("e" * 24), title="t")
    change = Change(2, house.ids.change(), ANN, house.time.now, (lost,))
    assert await house.panoramas.commit(TENANT, loaded, change) == change
    with pytest.raises(Corrupt):
        await house.panoramas.newest(TENANT, panorama)


async def test_a_store_that_fails_while_loading_is_asked_anew_by_the_next_reader() -> None:
    """A failed load is not remembered."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    panorama = await a_panorama(house)
    cold = house.neighbour()
    storage.steps.clear()
    storage.plan = (Fault(1, Harm.LOST_REQUEST, READS, error=Corrupt),)
    with pytest.raises(Corrupt):
        await cold.panoramas.newest(TENANT, panorama)
    storage.plan = ()
    assert await titles(cold, panorama) == []


def loaded_with(nodes: int) -> Loaded:
    """Return a tree of that many nodes."""
    root = NodeId("f" * 24)
    facts = [Added(NodeId(f"{number:024x}"), Kind.GROUP, root, title="t") for number in range(nodes)]
    at = House().time.now
    return Loaded(
        begin(Change(1, House().ids.change(), ANN, at, (Opened(PanoramaId("1" * 24), root, "n", ANN), *facts)))
    )


def address(number: int) -> Address:
    """Return one of many addresses."""
    return Address(TenantId("t"), PanoramaId(str(number)))


def test_the_trees_used_last_are_kept_up_to_the_bound() -> None:
    """What was not used for longest goes first; what was used meanwhile stays."""
    cache = Cache(100)
    for number in range(3):
        cache.keep(address(number), loaded_with(30))
    assert cache.get(address(0))
    cache.keep(address(3), loaded_with(30))
    assert [number for number in range(4) if cache.get(address(number))] == [0, 2, 3]


def test_a_tree_larger_than_the_bound_is_kept_alone() -> None:
    """The tree that is asked for now is always kept."""
    cache = Cache(10)
    cache.keep(address(0), loaded_with(5))
    cache.keep(address(1), loaded_with(50))
    assert cache.get(address(0)) is None
    assert cache.get(address(1))


def test_only_the_very_object_is_dropped() -> None:
    """Who drops a broken tree does not drop the one that somebody loaded since."""
    cache = Cache(10)
    old, new = loaded_with(1), loaded_with(1)
    cache.keep(address(0), new)
    cache.drop(address(0), old)
    assert cache.get(address(0)) is new
    cache.drop(address(0), new)
    assert cache.get(address(0)) is None


def test_a_change_is_applied_once() -> None:
    """A change that the tree holds already changes nothing; one that does not fit is refused."""
    loaded = loaded_with(1)
    change = Change(2, House().ids.change(), ANN, loaded.tree.updated, ())
    loaded.advance(change)
    loaded.advance(change)
    assert loaded.tree.version == 2
    with pytest.raises(BrokenStream):
        loaded.advance(replace(change, version=4))


async def test_the_settings_bound_the_cache() -> None:
    """With room for hardly anything, only the last panorama stays in memory, and all are still served."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage, Settings(cached_nodes=1))
    first, second = await a_panorama(house), await a_panorama(house)
    assert await titles(house, first) == await titles(house, second) == []
    storage.steps.clear()
    await house.panoramas.newest(TENANT, first)
    assert len(storage.steps) > 1
