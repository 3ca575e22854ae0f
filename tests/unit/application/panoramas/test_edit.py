"""Editing: a batch is decided on the newest tree and committed once, whatever others do meanwhile."""

import asyncio

import pytest

from application.panoramas.edit import EditRequest, edit_panorama
from domain.errors import KeyReused, NodeMissing, PanoramaMissing, TooContended, VersionMissing, VersionMoved
from domain.ids import PanoramaId
from domain.panoramas.access import Access
from domain.panoramas.commands import Archive, Move, Place, Rename, SetAccess
from domain.panoramas.facts import Change
from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of, titles


async def test_a_batch_is_one_version() -> None:
    """All actions of a batch become the facts of one change."""
    house = await furnished()
    panorama = await a_panorama(house)
    change = await edited(house, panorama, group("Now", node=-1), issue(10, under=-1))
    assert change.version == 2
    assert len(change.facts) == 2
    assert set(change.made) == {-1}
    assert await titles(house, panorama) == ["Now", 10]


async def test_a_refused_batch_changes_nothing() -> None:
    """One missing target refuses the whole batch, and nothing is stored."""
    house = await furnished()
    panorama = await a_panorama(house)
    with pytest.raises(NodeMissing):
        await edited(house, panorama, group("Now"), Move("f" * 24, Place()))
    assert await titles(house, panorama) == []
    assert (await house.panoramas.newest(TENANT, panorama)).tree.version == 1


async def test_a_batch_that_changes_nothing_is_no_version() -> None:
    """A name that the panorama has already is answered with the newest version and no facts."""
    house = await furnished()
    panorama = await a_panorama(house, name="Same")
    change = await edited(house, panorama, Rename("Same"))
    assert (change.version, change.facts) == (1, ())
    assert await house.panoramas.stream.read(TENANT, panorama, 2) is None


async def test_two_processes_edit_the_same_panorama() -> None:
    """Each process sees what the other committed before it decides."""
    house = await furnished()
    other = house.neighbour()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("one"))
    await edited(other, panorama, group("two"))
    await edited(house, panorama, group("three"))
    assert await titles(house, panorama) == await titles(other, panorama) == ["three", "two", "one"]


class Overtaken(MemoryStorage):
    """Lets somebody else run right before each of the next changes is put."""

    def __init__(self) -> None:
        super().__init__()
        self.rivals: list[House] = []
        self.panorama = PanoramaId("")

    async def put(self, record: Record) -> None:
        """Let one rival win the race."""
        if record.ref.kind == "change" and self.rivals:
            (rival, *others), self.rivals = self.rivals, []
            await edited(rival, self.panorama, group("rival"))
            self.rivals = others
        await super().put(record)


async def test_an_edit_that_was_overtaken_is_decided_again() -> None:
    """Somebody else takes the version: the edit is decided anew on theirs and keeps its own id."""
    storage = Overtaken()
    house = await furnished(storage)
    storage.panorama = await a_panorama(house)
    storage.rivals = [house.neighbour(seed="rival")]
    change = await edited(house, storage.panorama, group("mine"))
    assert change.version == 3
    assert await titles(house, storage.panorama) == ["mine", "rival"]


async def test_an_edit_gives_up_when_it_is_overtaken_every_time() -> None:
    """After one lost race on the tree in memory and twenty on the newest, the caller is told; nothing is there."""
    storage = Overtaken()
    house = await furnished(storage)
    storage.panorama = await a_panorama(house)
    storage.rivals = [house.neighbour(seed=f"rival {number}") for number in range(21)]
    with pytest.raises(TooContended):
        await edited(house, storage.panorama, group("mine"))
    assert await titles(house, storage.panorama) == ["rival"] * 21


async def test_what_an_old_tree_would_refuse_is_decided_on_the_newest() -> None:
    """A process whose tree is behind neither refuses what has become possible nor finds done what was undone."""
    house = await furnished()
    other = house.neighbour()
    panorama = await a_panorama(house, name="first")
    await titles(other, panorama)
    made = await edited(house, panorama, group("a"), Rename("second"))
    assert (await edited(other, panorama, group("b", under=node_of(made)))).version == 3
    await edited(house, panorama, Rename("third"))
    assert (await edited(other, panorama, Rename("second"))).version == 5


async def test_edits_in_one_process_take_turns() -> None:
    """Many edits at once are all accepted, each as a version of its own."""
    house = await furnished()
    panorama = await a_panorama(house)
    changes = await asyncio.gather(*(edited(house, panorama, group(str(number))) for number in range(30)))
    assert sorted(change.version for change in changes) == list(range(2, 32))


async def test_a_strict_edit_is_refused_when_the_version_has_moved() -> None:
    """`expected` names the version that must be the newest; the error tells both."""
    house = await furnished()
    panorama = await a_panorama(house)
    request = EditRequest(TENANT, panorama, ANN, expected=1, commands=(group("a"),))
    await edit_panorama(request, house.panoramas)
    with pytest.raises(VersionMoved) as moved:
        await edit_panorama(request, house.panoramas)
    assert (moved.value.expected, moved.value.newest) == (1, 2)


async def test_a_repeat_gets_the_first_answer() -> None:
    """The same idempotency key gives the same change, in another process and after newer changes too."""
    house = await furnished()
    panorama = await a_panorama(house)
    first = await edited(house, panorama, group("a", node=-1), key="k", fingerprint="f")
    await edited(house, panorama, group("b"))
    assert await edited(house, panorama, group("a", node=-1), key="k", fingerprint="f") == first
    assert await edited(house.neighbour(), panorama, group("a", node=-1), key="k", fingerprint="f") == first
    assert await titles(house, panorama) == ["b", "a"]


async def test_a_repeat_of_a_batch_that_changed_nothing_still_changes_nothing() -> None:
    """What was answered with no facts is answered so again, even where it would change something by now."""
    house = await furnished()
    panorama = await a_panorama(house, name="Same")
    first = await edited(house, panorama, Rename("Same"), key="k", fingerprint="f")
    await edited(house, panorama, Rename("Other"))
    assert await edited(house, panorama, Rename("Same"), key="k", fingerprint="f") == first
    assert (await house.panoramas.newest(TENANT, panorama)).tree.name == "Other"


async def test_the_same_key_with_another_request_is_refused() -> None:
    """A fingerprint that differs tells that the key was used for something else."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"), key="k", fingerprint="f")
    with pytest.raises(KeyReused):
        await edited(house, panorama, group("b"), key="k", fingerprint="g")


async def test_keys_of_two_users_are_two_keys() -> None:
    """Nobody gets somebody else's answer by guessing their key."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"), key="k", fingerprint="f")
    await edited(house, panorama, group("b"), key="k", fingerprint="f", user=BEN)
    assert await titles(house, panorama) == ["b", "a"]


async def test_a_key_is_forgotten_after_a_day() -> None:
    """After 24 hours the same key is a new request."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"), key="k", fingerprint="f")
    house.time.go_on(hours=24)
    await edited(house, panorama, group("a"), key="k", fingerprint="f")
    assert await titles(house, panorama) == ["a", "a"]


async def test_a_first_answer_that_was_folded_away_is_not_made_up() -> None:
    """The request was accepted once, so it is not done again; its answer is gone, and the error says so."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"), key="k", fingerprint="f")
    await house.panoramas.stream.fold(TENANT, panorama, 2)
    with pytest.raises(VersionMissing):
        await edited(house, panorama, group("a"), key="k", fingerprint="f")


async def test_who_may_not_see_a_panorama_cannot_edit_it() -> None:
    """To those who may not view it, a panorama does not exist."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, SetAccess(Access(frozenset(), frozenset())))
    with pytest.raises(PanoramaMissing):
        await edited(house, panorama, group("a"), user=BEN)


async def test_a_missing_panorama_is_missing() -> None:
    """An id that was never given raises PanoramaMissing."""
    house = await furnished()
    with pytest.raises(PanoramaMissing):
        await edited(house, PanoramaId("0" * 24), group("a"))


async def test_time_never_goes_back_in_a_stream() -> None:
    """A process whose clock is behind gives its change the time of the change before."""
    house = await furnished()
    panorama = await a_panorama(house)
    house.time.go_on(hours=1)
    later = await edited(house, panorama, group("a"))
    house.time.go_on(hours=-1)
    assert (await edited(house, panorama, group("b"))).at == later.at


async def test_a_large_batch_is_stored_in_parts_and_read_back_whole() -> None:
    """Facts beyond a megabyte lie in part records; another process and the history see them in full."""
    house = await furnished()
    panorama = await a_panorama(house)
    batch = [group("\N{ROCKET}" * 255) for _ in range(1_200)]
    change = await edited(house, panorama, *batch)
    assert await house.storage.scan(TENANT, "part")
    assert await house.panoramas.stream.read(TENANT, panorama, 2) == change
    assert len((await house.neighbour().panoramas.newest(TENANT, panorama)).tree) == 1_200


async def test_the_answer_to_a_repeat_in_a_race_is_what_was_stored_first() -> None:
    """Two tries of one request decide the same version in two processes: both get the ids that were stored."""
    storage = SameRequestTwice()
    house = await furnished(storage)
    storage.panorama = await a_panorama(house)
    storage.rival = house.neighbour(seed="rival")
    second = await edited(house, storage.panorama, group("a", node=-1), key="k", fingerprint="f")
    assert second == storage.first
    assert await titles(house, storage.panorama) == ["a"]
    assert (await house.panoramas.newest(TENANT, storage.panorama)).tree.holds(node_of(second))


class SameRequestTwice(MemoryStorage):
    """Lets another process commit the same request right before this one does."""

    def __init__(self) -> None:
        super().__init__()
        self.rival: House | None = None
        self.first: Change | None = None
        self.panorama = PanoramaId("")

    async def put(self, record: Record) -> None:
        """Let the rival be first."""
        if record.ref.kind == "change" and self.rival is not None:
            rival, self.rival = self.rival, None
            self.first = await edited(rival, self.panorama, group("a", node=-1), key="k", fingerprint="f")
        await super().put(record)


async def test_a_commit_that_was_archived_is_listed_so() -> None:
    """Archiving is a fact like any other, and settles the list entry."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, Archive())
    entry = (await house.panoramas.entries.page(TENANT, "", 10))[0].value
    assert entry.archived
    assert entry.marks == ()


async def test_an_entry_that_everybody_changes_at_once_is_given_up() -> None:
    """An entry that is overwritten before each try is contended, and the edit says so before it commits."""
    storage = RestlessEntries()
    house = await furnished(storage)
    panorama = await a_panorama(house)
    storage.restless = True
    with pytest.raises(TooContended):
        await edited(house, panorama, Rename("Other"))
    assert await house.panoramas.stream.read(TENANT, panorama, 2) is None


class RestlessEntries(MemoryStorage):
    """Refuses every list entry as overtaken."""

    restless = False

    async def put(self, record: Record) -> None:
        """Raise Conflict for list entries, once restless."""
        if record.ref.kind == "panorama" and self.restless:
            raise Conflict(record.ref)
        await super().put(record)
