"""A storage in use follows to a newer version of its address, and no call is lost on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from application.credentials.switching import SwitchingStorage
from application.sealing.commits import commit
from ports.errors import Conflict, InvalidArgument, PermissionDenied, PortError, Unavailable
from ports.rows import rows_of
from ports.storage import Record, Ref
from tests.contract.storage.samples import fill, ref, sample
from tests.unit.application.credentials.doors import POLL, World

ONE, TWO, THREE = "db://one@place", "db://two@place", "db://three@place"
ELSEWHERE = "db://one@elsewhere"


@pytest.fixture
async def world() -> World:
    """A secret with one version."""
    world = World()
    await world.put(ONE)
    return world


@pytest.fixture
async def storage(world: World) -> AsyncIterator[SwitchingStorage]:
    """The storage, opened while that version was the newest."""
    opened = await world.opened()
    yield opened
    await opened.close()
    assert world.in_use == []


async def test_the_newest_version_is_opened(world: World) -> None:
    """And closed with the storage."""
    await world.put(TWO)
    storage = await world.opened()
    assert world.in_use == [TWO]
    assert storage.capabilities == world.memory.capabilities
    await storage.close()
    assert world.in_use == []


async def test_where_the_newest_is_refused_the_one_before_is_opened(world: World) -> None:
    """A process that starts before the database knows the new password starts all the same, and follows later."""
    await world.put(TWO)
    world.shut = {TWO}
    storage = await world.opened()
    assert world.in_use == [ONE]
    world.shut = set()
    await storage.look()
    await fill(storage, "a")
    assert world.in_use == [TWO]
    await storage.close()


async def test_without_a_way_back_a_refusal_is_told(world: World) -> None:
    """There is no version before, or it leads to other data."""
    world.shut = {ONE}
    with pytest.raises(PermissionDenied):
        await world.opened()
    await world.put(ELSEWHERE)
    world.shut = {ELSEWHERE}
    with pytest.raises(PermissionDenied):
        await world.opened()


async def test_every_call_goes_to_the_newest_version(world: World, storage: SwitchingStorage) -> None:
    """After a look; the old one is closed."""
    await storage.put(sample("a"))
    await world.put(TWO)
    await storage.look()
    assert await storage.get(ref("a")) == sample("a")
    assert world.in_use == [TWO]
    assert world.doors[1].steps == ["get"]


async def test_calls_under_way_end_where_they_began(world: World, storage: SwitchingStorage) -> None:
    """The old one is closed after the last of them."""
    world.doors[0].open.clear()
    under_way = [asyncio.create_task(storage.put(sample(key))) for key in "ab"]
    await asyncio.sleep(0)
    await world.put(TWO)
    await storage.look()
    await storage.put(sample("c"))
    assert world.in_use == [ONE, TWO]
    world.doors[0].open.set()
    await asyncio.gather(*under_way)
    await asyncio.sleep(0)
    assert world.in_use == [TWO]
    assert world.doors[0].steps == ["put", "put"]
    assert len(await storage.unshipped(10)) == 3


async def test_closing_waits_for_nobody(world: World) -> None:
    """A call that is still under way on the old one has had its time."""
    storage = await world.opened()
    world.doors[0].open.clear()
    under_way = asyncio.create_task(storage.put(sample("a")))
    await asyncio.sleep(0)
    await world.put(TWO)
    await storage.look()
    await storage.close()
    assert world.in_use == []
    world.doors[0].open.set()
    with pytest.raises(Unavailable):
        await under_way


async def test_a_version_that_is_refused_changes_nothing(world: World, storage: SwitchingStorage) -> None:
    """The one in use goes on, and the next look tries again."""
    await world.put(TWO)
    world.shut = {TWO}
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            await storage.look()
    await storage.put(sample("a"))
    assert world.in_use == [ONE]
    assert world.asked == 3


async def test_a_version_that_leads_elsewhere_is_not_followed(world: World, storage: SwitchingStorage) -> None:
    """What is in memory belongs to the data that it was read from."""
    await world.put(ELSEWHERE)
    with pytest.raises(InvalidArgument):
        await storage.look()
    assert world.asked == 1


async def test_the_same_address_again_is_the_same_login(world: World, storage: SwitchingStorage) -> None:
    """A version that was put twice after a lost answer costs no new connection."""
    await world.put(ONE)
    await storage.look()
    await storage.look()
    assert world.asked == 1


CALLS: dict[str, Callable[[SwitchingStorage], Awaitable[object]]] = {
    "get": lambda storage: storage.get(ref("a")),
    "put": lambda storage: storage.put(sample("b")),
    "delete": lambda storage: storage.delete(ref("a"), 1),
    "mark_shipped": lambda storage: storage.mark_shipped([(ref("a"), 1)]),
    "apply": lambda storage: storage.apply(rows_of([sample("c")])),
    "scan": lambda storage: storage.scan("tenant", "kind"),
    "everything": lambda storage: storage.everything(1),
    "due": lambda storage: storage.due("kind", sample("a").updated, 1),
    "unshipped": lambda storage: storage.unshipped(1),
    "sealed_below": lambda storage: storage.sealed_below("tenant", 2, 1),
    "holdings": lambda storage: storage.holdings("tenant"),
    "check": lambda storage: storage.check(),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_that_is_refused_is_made_again_by_the_newest(
    world: World, storage: SwitchingStorage, call: str
) -> None:
    """A process that was stopped for longer than the old login lived wakes up and serves its first request."""
    await storage.put(sample("a"))
    await world.put(TWO)
    await world.put(THREE)
    world.shut = {ONE, TWO}
    await CALLS[call](storage)
    assert world.in_use == [THREE]
    assert world.doors[1].steps == [call]


BATCHES: dict[str, Callable[[SwitchingStorage], Awaitable[object]]] = {
    "put_many": lambda storage: storage.put_many([sample("b"), sample("c")]),
    "erase": lambda storage: storage.erase("tenant"),
}


@pytest.mark.parametrize("call", BATCHES)
async def test_a_call_of_several_steps_has_an_unknown_outcome(
    world: World, storage: SwitchingStorage, call: str
) -> None:
    """Some of it may be done: whoever called looks, as after any lost answer, and finds the storage switched."""
    await world.put(TWO)
    world.shut = {ONE}
    with pytest.raises(Unavailable):
        await BATCHES[call](storage)
    assert world.in_use[-1] == TWO
    await BATCHES["erase"](storage)


async def test_where_the_newest_in_use_is_refused_the_one_before_is_tried(world: World) -> None:
    """Somebody has changed the newest user's password, and the user before can still log in."""
    await world.put(TWO)
    storage = await world.opened()
    world.shut = {TWO}
    await storage.put(sample("a"))
    assert world.in_use == [ONE]
    await storage.close()


async def test_a_storage_that_refuses_everything_is_not_asked_for_ever(world: World, storage: SwitchingStorage) -> None:
    """A refusal without another way in is the caller's, and looking again waits for a second."""
    world.shut = {ONE}
    for _ in range(3):
        with pytest.raises(PermissionDenied):
            await storage.get(ref("a"))
    await world.put(TWO)
    with pytest.raises(PermissionDenied):
        await storage.get(ref("a"))
    world.time.go_on(seconds=1)
    assert await storage.get(ref("a")) is None


async def test_a_refusal_is_told_when_the_secrets_are_out(world: World, storage: SwitchingStorage) -> None:
    """There is nowhere to look for another way in."""
    world.shut = {ONE}
    world.secrets.failure = Unavailable("out")
    with pytest.raises(PermissionDenied):
        await storage.get(ref("a"))


async def test_many_refused_calls_look_once(world: World, storage: SwitchingStorage) -> None:
    """Whoever comes second finds that the first has switched."""
    await world.put(TWO)
    world.shut = {ONE}
    await asyncio.gather(*(storage.put(sample(f"{number}")) for number in range(20)))
    assert world.asked == 2


async def test_errors_of_calls_are_the_storages_own(storage: SwitchingStorage) -> None:
    """They are neither repeated nor changed."""
    await storage.put(sample("a"))
    with pytest.raises(Conflict):
        await storage.put(sample("a"))


class Clockwork:
    """A sleep that ends when a test says so, and tells how long it should have been."""

    def __init__(self) -> None:
        self.lengths: list[float] = []
        self._rung = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait for the next ring."""
        self.lengths.append(seconds)
        await self._rung.wait()
        self._rung.clear()

    async def ring(self) -> None:
        """Let one sleep end, and what follows it happen."""
        self._rung.set()
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_newer_version_is_looked_for_in_time(world: World) -> None:
    """At least as often as was promised, at most twice as often, and not by all processes at once."""
    clockwork = Clockwork()
    storage = await world.opened(clockwork.sleep)
    for _ in range(10):
        await clockwork.ring()
    await world.put(TWO)
    await clockwork.ring()
    assert all(POLL / 2 <= length <= POLL for length in clockwork.lengths)
    assert len(set(clockwork.lengths)) > 5
    assert world.in_use == [TWO]
    await storage.close()


@pytest.mark.parametrize("trouble", [Unavailable("out"), None])
async def test_who_cannot_follow_says_so(world: World, trouble: PortError | None) -> None:
    """Until the next look succeeds; the version in use serves meanwhile."""
    clockwork = Clockwork()
    storage = await world.opened(clockwork.sleep)
    await storage.check_following()
    await world.put(TWO)
    world.secrets.failure, world.shut = trouble, set() if trouble else {TWO}
    await clockwork.ring()
    with pytest.raises(PortError):
        await storage.check_following()
    await storage.check()
    world.secrets.failure, world.shut = None, set()
    await clockwork.ring()
    await storage.check_following()
    await storage.close()


async def test_a_batch_that_was_cut_is_finished_by_whoever_commits(world: World, storage: SwitchingStorage) -> None:
    """What the use cases build on settles an outcome that a switch has left unknown: every record is stored once."""
    records: list[Record] = [sample("a"), sample("b"), sample("c"), sample("d")]
    await world.put(TWO)
    world.shut = {ONE}
    await commit(storage, records)
    assert {place.key for place in world.memory.records} == {"a", "b", "c", "d"}
    assert all(world.memory.records[Ref(*place)].rev == 1 for place in world.memory.records)
