"""An archived panorama can be brought back for thirty days; then nothing of it is left, and nothing brings it back."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from application.panoramas.authoring import Request
from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded, discard
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.lists import list_panoramas, panoramas_of_issue
from application.panoramas.read import read_changes, read_outline, read_past
from application.panoramas.settings import Settings
from application.panoramas.undo import undo
from application.panoramas.watch import Watches
from domain.errors import KeyReused, PanoramaMissing
from domain.ids import SERVICE, IssueId, PanoramaId
from domain.panoramas.commands import Archive, Remove
from domain.panoramas.facts import Discarded
from ports.errors import Corrupt
from ports.storage import Record
from tests.fakes.house import ANN, TENANT
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.keeping import DAY, Keeper, keeper
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of, titles


async def test_an_archived_panorama_can_be_brought_back_for_thirty_days() -> None:
    """It is what it was, what was removed in it included; then the thirty days begin anew."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    await edited(yard.house, panorama, group("g"), Archive())
    assert await yard.daily(29) == {}
    await edited(yard.house, panorama, Archive(archived=False))
    assert await titles(yard.house, panorama) == ["g"]
    await edited(yard.house, panorama, Archive())
    assert await yard.daily(29) == {}
    assert await yard.listed() == [panorama]
    assert await yard.daily(1) == {"panoramas discarded": 1, "discarded panoramas cleared": 1}
    assert await yard.listed() == []


async def test_taking_the_archiving_back_brings_it_back_too() -> None:
    """An undo is as good as bringing it back."""
    yard = await keeper()
    panorama = await yard.archived()
    yard.go_on(days=29)
    await undo(Request(TENANT, panorama, ANN), yard.house.panoramas)
    assert await yard.daily(40) == {}
    assert await yard.listed() == [panorama]


async def test_nothing_is_left_of_it_but_that_it_was() -> None:
    """No snapshot, no part, no place of the index, no list entry; a stub for each version, and the last change."""
    yard = await keeper(settings=Settings(snapshot_after=100))
    house, panorama = yard.house, await a_panorama(yard.house)
    node = node_of(await edited(house, panorama, issue(7)))
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)), issue(8), Remove(node))
    await edited(house, panorama, Archive())
    await house.panoramas.close()
    assert await yard.kinds() == {"panorama": 1, "place": 2, "change": 4, "part": 2, "snapshot": 1, "snapshot-part": 2}
    await yard.daily(30)
    assert await yard.kinds() == {"change": 1}
    stubs = await house.storage.scan(TENANT, "change")
    assert [bool(stub.body) for stub in stubs] == [False] * (len(stubs) - 1) + [True]
    (last,) = await house.panoramas.stream.back(TENANT, panorama, len(stubs) + 1, 1)
    assert (last.author, last.facts) == (SERVICE, (Discarded(),))


async def watched(yard: Keeper, panorama: PanoramaId) -> object:
    """Return the first delivery of a watch."""
    async with aclosing(Watches(yard.house.panoramas, asyncio.sleep).changes(TENANT, panorama, ANN, 1)) as stream:
        return await anext(stream)


Ask = Callable[[Keeper, Any], Coroutine[Any, Any, object]]

WISHES: dict[str, Ask] = {
    "show": lambda yard, panorama: read_outline(TENANT, panorama, ANN, yard.house.panoramas),
    "past": lambda yard, panorama: read_past(TENANT, panorama, ANN, 1, yard.house.panoramas),
    "history": lambda yard, panorama: read_changes(TENANT, panorama, ANN, yard.house.panoramas),
    "bring back": lambda yard, panorama: edited(yard.house, panorama, Archive(archived=False)),
    "edit": lambda yard, panorama: edited(yard.house, panorama, group("late")),
    "undo": lambda yard, panorama: undo(Request(TENANT, panorama, ANN), yard.house.panoramas),
    "watch": watched,
}


@pytest.mark.parametrize("memory", ["fresh", "of before it was archived", "of when it was archived"])
@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
async def test_it_is_missing_for_everybody(wish: Ask, memory: str) -> None:
    """Whatever one asks for, also a process that has slept since it held the tree; nothing is written."""
    yard = await keeper()
    sleeper, panorama = yard.neighbour(), await a_panorama(yard.house)
    if memory == "of before it was archived":
        await sleeper.house.panoramas.newest(TENANT, panorama)
    await edited(yard.house, panorama, group("g"))
    await edited(yard.house, panorama, Archive())
    if memory == "of when it was archived":
        await sleeper.house.panoramas.newest(TENANT, panorama)
    await yard.daily(30)
    before = await yard.kinds()
    with pytest.raises(PanoramaMissing):
        await wish(sleeper, panorama)
    assert (await yard.kinds()).get("change") == before["change"]
    assert await yard.listed() == []
    assert await sleeper.house.panoramas.places.lookup(TENANT, IssueId(7)) == []


async def test_a_repeated_creation_does_not_bring_it_back() -> None:
    """An idempotency key leads to the same id for ever, and that id is never used again."""
    yard = await keeper()
    request = CreateRequest(TENANT, ANN, "key", "f", name="once")
    panorama = (await create_panorama(request, yard.house.panoramas)).panorama
    await edited(yard.house, panorama, Archive())
    await yard.daily(30)
    before = await yard.kinds()
    with pytest.raises(KeyReused):
        await create_panorama(request, yard.house.panoramas)
    assert await yard.kinds() == before


async def test_whoever_watches_it_is_told_that_it_is_missing() -> None:
    """A stream that is open when it goes ends."""
    yard = await keeper()
    panorama = await yard.archived()

    async def soon(_: float) -> None:
        await asyncio.sleep(0)

    async with aclosing(Watches(yard.house.panoramas, soon).changes(TENANT, panorama, ANN, 2)) as stream:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        yard.go_on(days=30)
        await yard.neighbour().run()
        with pytest.raises(PanoramaMissing):
            await asyncio.wait_for(waiting, 5)


class Meeting(MemoryStorage):
    """Lets somebody do something just before a change is stored whose record key ends so."""

    def __init__(self) -> None:
        super().__init__()
        self.version = ""
        self.meanwhile: Callable[[], Coroutine[Any, Any, object]] | None = None

    async def put(self, record: Record) -> None:
        """Store, after what happens meanwhile."""
        meanwhile = self.meanwhile
        if meanwhile and record.ref.kind == "change" and record.ref.key.endswith(self.version):
            self.meanwhile = None
            await meanwhile()
        await super().put(record)


async def test_who_brings_it_back_first_keeps_it() -> None:
    """The version that would discard it is taken: it stays, and so does all that is in it."""
    storage = Meeting()
    yard = await keeper(storage)
    panorama = await yard.archived()
    other = yard.neighbour()
    storage.version, storage.meanwhile = "3", lambda: edited(other.house, panorama, Archive(archived=False))
    yard.go_on(days=30)
    assert (await yard.run()).done == {}
    assert await yard.listed() == [panorama]
    assert (await yard.run()).done == {}
    assert await yard.due(panorama) == yard.time.now + 30 * DAY
    assert (await edited(yard.house, panorama, group("alive"))).version == 4


async def test_who_comes_too_late_to_bring_it_back_is_told_that_it_is_missing() -> None:
    """The version that would bring it back is the one that discarded it."""
    storage = Meeting()
    yard = await keeper(storage)
    panorama = await yard.archived()
    other = yard.neighbour()
    yard.go_on(days=30)
    storage.version, storage.meanwhile = "3", yard.run
    with pytest.raises(PanoramaMissing):
        await edited(other.house, panorama, Archive(archived=False))
    assert await yard.listed() == await other.listed() == []


async def test_no_list_shows_it_from_the_moment_that_it_is_discarded() -> None:
    """Although its entry is still there, and so are its places."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    await edited(yard.house, panorama, issue(7), Archive())
    yard.go_on(days=30)
    address = Address(TENANT, panorama)
    await yard.house.panoramas.entries.mark(*address, yard.house.ids.change())
    await discarded(yard, address)
    for process in (yard, yard.neighbour()):
        assert await list_panoramas(TENANT, ANN, process.house.panoramas) == []
        assert await panoramas_of_issue(TENANT, ANN, IssueId(7), process.house.panoramas) == []
    assert (await yard.kinds())["place"] == 1
    assert (await yard.neighbour().run()).done == {"discarded panoramas cleared": 1}
    assert await yard.kinds() == {"change": 1}


async def discarded(yard: Keeper, address: Address) -> None:
    """Discard a panorama and clear nothing of it."""
    assert await discard(address, await yard.house.panoramas.loader.newest(address), yard.house.panoramas)


async def test_clearing_goes_on_where_the_tree_cannot_be_read_any_more() -> None:
    """With some of its changes folded and no snapshot left, the last change alone says what it is."""
    yard = await keeper()
    panorama = await yard.archived()
    yard.go_on(days=30)
    address = Address(TENANT, panorama)
    await yard.house.panoramas.entries.mark(*address, yard.house.ids.change())
    await discarded(yard, address)
    await yard.house.panoramas.stream.fold(TENANT, panorama, 1)
    with pytest.raises(PanoramaMissing):
        await yard.neighbour().house.panoramas.newest(TENANT, panorama)
    assert (await yard.neighbour().run()).done == {"discarded panoramas cleared": 1}


async def test_clearing_stops_between_two_steps_when_it_is_told() -> None:
    """And is not done before all is."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    await edited(yard.house, panorama, issue(7), Archive())
    address = Address(TENANT, panorama)
    loaded = await yard.house.panoramas.loader.newest(address)
    await discarded(yard, address)
    assert not await clear_discarded(address, loaded, yard.house.panoramas, lambda: False)
    answers = iter((True, False))
    assert not await clear_discarded(address, loaded, yard.house.panoramas, lambda: next(answers))
    assert await clear_discarded(address, loaded, yard.house.panoramas, lambda: True)
    assert await clear_discarded(address, loaded, yard.house.panoramas, lambda: True)


async def test_a_stream_that_is_damaged_is_not_taken_for_one_that_is_over() -> None:
    """A missing beginning without a snapshot is damage, unless the last change says otherwise."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    await edited(yard.house, panorama, group("g"))
    await yard.house.panoramas.stream.fold(TENANT, panorama, 1)
    with pytest.raises(Corrupt):
        await yard.neighbour().house.panoramas.newest(TENANT, panorama)
