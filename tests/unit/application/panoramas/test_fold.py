"""Folding old history: nothing that is newer is lost, and no version is ever free again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from application.panoramas.cache import Address
from application.panoramas.fold import History, fold_history, history_of
from application.panoramas.read import read_changes, read_past
from application.panoramas.settings import Settings
from domain.errors import VersionMissing
from domain.ids import PanoramaId
from domain.panoramas.facts import Change
from ports.errors import Conflict, Corrupt
from ports.storage import SCAN_LIMIT, Record, Ref
from tests.fakes.flaky import WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, titles


async def history(house: House, versions: int = 8) -> PanoramaId:
    """Begin a panorama and add one group an hour."""
    panorama = await a_panorama(house)
    for version in range(2, versions + 1):
        house.time.go_on(hours=1)
        await edited(house, panorama, group(f"v{version}"))
    return panorama


async def fold(house: House, panorama: PanoramaId, through: int) -> int:
    """Fold the history up to a version."""
    return await fold_history(TENANT, panorama, through, house.panoramas)


async def test_the_tree_is_the_same_after_a_fold() -> None:
    """A process that starts after the fold loads the same tree as before."""
    house = await furnished()
    panorama = await history(house)
    before = await titles(house, panorama)
    assert await fold(house, panorama, 5) == 5
    assert await titles(house.neighbour(), panorama) == before
    assert await titles(house, panorama) == before


async def test_the_backups_learn_of_a_fold() -> None:
    """A stub waits for the backups although they have the change that it stands for, whose parts go as well."""
    house = await furnished()
    panorama = await history(house)
    waiting = await house.storage.unshipped(SCAN_LIMIT)
    await house.storage.mark_shipped([(record.ref, record.rev) for record in waiting])
    await fold(house, panorama, 5)
    stubs = [record for record in await house.storage.unshipped(SCAN_LIMIT) if record.body == b""]
    assert [record.ref.key for record in stubs] == [f"{panorama}/{version:012d}" for version in range(1, 6)]


async def test_history_begins_after_the_fold() -> None:
    """The folded changes are gone from the history; the version of the fold can still be looked at, none before."""
    house = await furnished()
    start = house.time.now
    panorama = await history(house)
    await fold(house, panorama, 5)
    changes = await read_changes(TENANT, panorama, ANN, house.panoramas)
    assert [change.version for change in changes] == [6, 7, 8]
    assert (await read_past(TENANT, panorama, ANN, 5, house.panoramas)).version == 5
    assert (await read_past(TENANT, panorama, ANN, 6, house.panoramas)).version == 6
    with pytest.raises(VersionMissing):
        await read_past(TENANT, panorama, ANN, 4, house.panoramas)
    by_time = await read_past(TENANT, panorama, ANN, start + timedelta(hours=4.5), house.panoramas)
    assert by_time.version == 5
    with pytest.raises(VersionMissing):
        await read_past(TENANT, panorama, ANN, start + timedelta(hours=3.5), house.panoramas)


async def test_all_history_can_be_folded_and_then_goes_on() -> None:
    """Even the newest version may be folded; the next edit is the version after it."""
    house = await furnished()
    panorama = await history(house)
    await fold(house, panorama, 8)
    assert await read_changes(TENANT, panorama, ANN, house.panoramas) == []
    assert (await edited(house.neighbour(), panorama, group("v9"))).version == 9
    assert len(await titles(house, panorama)) == 8


async def test_folding_again_folds_only_what_is_new() -> None:
    """Each fold leaves one snapshot; what was folded before is not counted again."""
    house = await furnished()
    panorama = await history(house)
    await fold(house, panorama, 3)
    assert await fold(house, panorama, 3) == 0
    assert await fold(house, panorama, 6) == 3
    assert len(await house.storage.scan(TENANT, "snapshot")) == 1


@pytest.mark.parametrize("through", [0, 9])
async def test_only_what_was_can_be_folded(through: int) -> None:
    """A fold through a version that never was is refused."""
    house = await furnished()
    panorama = await history(house)
    with pytest.raises(VersionMissing):
        await fold(house, panorama, through)


async def test_a_fold_takes_the_parts_of_large_changes_with_it() -> None:
    """No part record is left of a change that is folded away."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await fold(house, panorama, 2)
    assert await house.storage.scan(TENANT, "part") == []
    assert len(await titles(house.neighbour(), panorama)) == 1_200


async def test_a_fold_that_died_anywhere_loses_nothing_and_is_repeated() -> None:
    """After dying before or after any write, the tree is the same and a second fold finishes the work."""
    for harm in (Harm.DEATH_BEFORE, Harm.DEATH_AFTER):
        step, died = 0, True
        while died:
            step += 1
            storage = FlakyStorage(MemoryStorage())
            house = await furnished(storage)
            panorama = await history(house, 4)
            before = await titles(house, panorama)
            storage.steps.clear()
            storage.plan = (Fault(step, harm, WRITES),)
            try:
                await fold(house, panorama, 3)
                died = False
            except Died:
                pass
            survivor = house.neighbour(storage.inner)
            assert await titles(survivor, panorama) == before
            await fold(survivor, panorama, 3)
            stubs = [record.body == b"" for record in await storage.inner.scan(TENANT, "change")]
            assert stubs == [True, True, True, False]
        assert step > 4


async def test_a_fold_and_a_rotation_do_not_disturb_each_other() -> None:
    """Whenever a sweep begins to seal everything anew, the fold ends with its stubs, and leaves nothing behind."""
    for begins in range(1, 40):
        storage = Rotating(MemoryStorage())
        house = await furnished(storage, part_size=10_000)
        panorama = await history(house, 3)
        await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(12)))
        await house.panoramas.close()
        await fold(house, panorama, 2)
        other = house.neighbour(storage.inner)
        await rotate(other)
        before = await titles(house, panorama)
        storage.steps.clear()
        storage.begins, storage.rotation = begins, partial(swept, other)
        assert await fold(house, panorama, 4) == 2
        storage.rotation = None
        assert [record.body for record in await storage.inner.scan(TENANT, "change")] == [b""] * 4
        assert await storage.inner.scan(TENANT, "part") == []
        assert [record.ref.key[-1] for record in await storage.inner.scan(TENANT, "snapshot")] == ["4"]
        assert await titles(house.neighbour(storage.inner), panorama) == before
        if storage.made() < begins:
            return
    pytest.fail("the fold has more steps than were tried")


async def swept(house: House) -> None:
    """Seal everything anew."""
    await sweep(house)


async def test_two_folds_may_be_at_it_at_once() -> None:
    """Whichever comes first to a version, the other finds its stub and goes on."""
    begins, reached = 1, True
    while reached:
        storage = Rotating(MemoryStorage())
        house = await furnished(storage)
        panorama = await history(house, 4)
        other = house.neighbour(storage.inner)

        async def meanwhile(other: House = other, panorama: PanoramaId = panorama) -> None:
            await fold(other, panorama, 3)

        storage.steps.clear()
        storage.begins, storage.rotation = begins, meanwhile
        await fold(house, panorama, 3)
        stubs = [record.body == b"" for record in await storage.inner.scan(TENANT, "change")]
        assert stubs == [True, True, True, False]
        assert len(await titles(house.neighbour(storage.inner), panorama)) == 3
        reached = storage.made() >= begins
        begins += 1


async def test_a_writer_that_was_paused_across_a_fold_commits_nothing_invisible() -> None:
    """A process that holds an old tree finds a stub where it wanted to write, loads anew, and its edit is seen."""
    house = await furnished()
    panorama = await history(house, 3)
    paused = house.neighbour()
    old = await paused.panoramas.newest(TENANT, panorama)
    await edited(house, panorama, group("v4"))
    await edited(house, panorama, group("v5"))
    await fold(house, panorama, 5)
    with pytest.raises(Conflict):
        await paused.storage.put(await stale(paused, panorama, old.tree.version + 1))
    change = await edited(paused, panorama, group("late"))
    assert change.version == 6
    assert (await titles(house, panorama))[0] == "late"


async def stale(house: House, panorama: PanoramaId, version: int) -> Record:
    """Return the record that a paused writer was about to put."""
    other = await furnished()
    twin = await a_panorama(other)
    change = Change(version, other.ids.change(), ANN, house.time.now, ())
    await other.panoramas.stream.append(TENANT, twin, change)
    record = (await other.storage.scan(TENANT, "change", prefix=f"{twin}/{version:012d}"))[0]
    return Record(record.ref._replace(key=f"{panorama}/{version:012d}"), 1, record.body, record.updated, 1)


async def test_nothing_is_folded_before_its_snapshot_was_read_back() -> None:
    """A store that loses the snapshot it has accepted keeps its history."""
    storage = Forgetful()
    house = await furnished(storage)
    panorama = await history(house, 3)
    with pytest.raises(Corrupt):
        await fold(house, panorama, 3)
    assert all(record.body for record in await house.storage.scan(TENANT, "change"))


class Forgetful(MemoryStorage):
    """Says that it has stored a snapshot, and has not."""

    async def put(self, record: Record) -> None:
        """Store everything but snapshots."""
        if record.ref.kind != "snapshot":
            await super().put(record)


async def test_a_fold_stops_between_two_strides_when_it_is_told() -> None:
    """What it has folded is folded; the snapshots of before stay until all is."""
    house = await furnished(settings=Settings(snapshot_after=100))
    panorama = await history(house, 450)
    await house.panoramas.close()
    answers = iter((True, True, False))
    snapshots = len(await house.storage.scan(TENANT, "snapshot"))
    assert await fold_history(TENANT, panorama, 440, house.panoramas, lambda: next(answers)) == 400
    assert len(await house.storage.scan(TENANT, "snapshot")) == snapshots + 1
    assert await fold(house, panorama, 440) == 40
    assert len(await house.storage.scan(TENANT, "snapshot")) == 1
    assert len(await titles(house.neighbour(), panorama)) == 449


@pytest.mark.parametrize("folded", range(9))
async def test_how_far_history_is_folded_is_found(folded: int) -> None:
    """By a few questions, wherever it is."""
    house = await furnished()
    panorama = await history(house)
    if folded:
        await house.panoramas.stream.fold(TENANT, panorama, folded)
    assert await house.panoramas.stream.folded(TENANT, panorama, 8) == folded


async def test_history_that_is_folded_by_another_meanwhile_counts_as_old() -> None:
    """Two processes may look at one panorama."""
    house = await furnished(Busy())
    panorama = await history(house)
    tree = (await house.panoramas.newest(TENANT, panorama)).tree
    assert isinstance(house.storage, Busy)
    house.storage.meanwhile = lambda: house.neighbour().panoramas.stream.fold(TENANT, panorama, 5)
    found = await history_of(Address(TENANT, panorama), tree, house.time.now - timedelta(hours=2), house.panoramas)
    assert found == History(0, 6, house.time.now - timedelta(hours=1))


class Busy(MemoryStorage):
    """Lets something happen after the first change was read a second time."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self._reads = 0

    async def get(self, ref: Ref) -> Record | None:
        """Read."""
        found = await super().get(ref)
        if self.meanwhile and ref.kind == "change" and ref.key.endswith("/000000000001"):
            self._reads += 1
            if self._reads == 2:
                meanwhile, self.meanwhile = self.meanwhile, None
                await meanwhile()
        return found


async def test_a_stream_folds_each_change_once() -> None:
    """Whoever does not know how far it is folded finds out."""
    house = await furnished()
    panorama = await history(house)
    stream = house.panoramas.stream
    assert await stream.fold(TENANT, panorama, 3) == 3
    assert await stream.fold(TENANT, panorama, 5) == 2
    assert await stream.fold(TENANT, panorama, 8, most=2) == 2
    assert await stream.fold(TENANT, panorama, 99) == 1
