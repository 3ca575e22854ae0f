"""Snapshots spare the replay; a damaged one costs time, never nodes."""

import pytest

from application.panoramas.parts import Owner, Parts
from application.panoramas.settings import Settings
from application.panoramas.snapshots import PART, Header
from application.sealing.records import Write
from domain.ids import PanoramaId
from ports.errors import Corrupt
from ports.storage import Ref
from tests.fakes.flaky import WRITES, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, titles

OFTEN = Settings(snapshot_after=5)


async def history(house: House, versions: int) -> PanoramaId:
    """Begin a panorama and edit it."""
    panorama = await a_panorama(house)
    for version in range(2, versions + 1):
        await edited(house, panorama, group(f"v{version}"))
        await house.panoramas.close()
    return panorama


async def headers(house: House, panorama: PanoramaId) -> list[int]:
    """Return the versions that have a snapshot, newest first."""
    return [held.value.version async for held in house.panoramas.snapshots.headers(TENANT, panorama, 999)]


async def test_a_snapshot_is_taken_every_so_many_facts() -> None:
    """With five facts between two snapshots, eleven versions have two."""
    house = await furnished(settings=OFTEN)
    panorama = await history(house, 11)
    assert await headers(house, panorama) == [10, 5]


async def test_loading_from_a_snapshot_equals_replaying_everything() -> None:
    """A process that loads snapshot and tail sees the same as one that has seen every change."""
    house = await furnished(settings=OFTEN)
    panorama = await history(house, 13)
    assert await titles(house.neighbour(), panorama) == await titles(house, panorama)


async def test_a_repeat_is_known_across_a_snapshot() -> None:
    """The keyed changes of the last day go with the snapshot."""
    house = await furnished(settings=OFTEN)
    panorama = await a_panorama(house)
    first = await edited(house, panorama, issue(1), key="k", fingerprint="f")
    for number in range(6):
        await edited(house, panorama, group(str(number)))
        await house.panoramas.close()
    assert await edited(house.neighbour(), panorama, issue(1), key="k", fingerprint="f") == first


async def test_a_snapshot_that_cannot_be_written_is_tried_again() -> None:
    """The edit is accepted all the same, and the next one takes the snapshot."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage, OFTEN)
    panorama = await history(house, 4)
    storage.steps.clear()
    storage.plan = (Fault(2, Harm.LOST_REQUEST, WRITES, times=10),)
    await edited(house, panorama, group("a"))
    await house.panoramas.close()
    assert await headers(house, panorama) == []
    storage.plan = ()
    await edited(house, panorama, group("b"))
    await house.panoramas.close()
    assert await headers(house, panorama) == [6]


async def test_the_second_snapshot_of_a_version_leaves_the_first() -> None:
    """Of two processes that take the same snapshot, one leaves no trace."""
    house = await furnished()
    panorama = await history(house, 3)
    tree = (await house.panoramas.newest(TENANT, panorama)).tree.frozen()
    await house.panoramas.snapshots.write(TENANT, tree, ())
    before = await house.storage.scan(TENANT, PART)
    await house.panoramas.snapshots.write(TENANT, tree, ())
    assert await house.storage.scan(TENANT, PART) == before
    assert await headers(house, panorama) == [3]


async def test_a_damaged_snapshot_is_passed_over() -> None:
    """A part that is missing makes the loader take the snapshot before, or the whole stream."""
    house = await furnished(settings=OFTEN)
    panorama = await history(house, 11)
    whole = await titles(house, panorama)
    for _ in range(2):
        last = (await house.storage.scan(TENANT, PART, prefix=panorama, reverse=True, limit=1))[0]
        await house.storage.delete(last.ref, last.rev)
        assert await titles(house.neighbour(), panorama) == whole


async def test_a_snapshot_that_is_no_tree_is_corrupt() -> None:
    """Bytes that do not decode, and a tree of another version, are not taken for the snapshot."""
    house = await furnished()
    panorama = await history(house, 3)
    snapshots = house.panoramas.snapshots
    parts = Parts(house.records, house.time.clock, house.ids)
    pieces = await parts.write(Owner(TENANT, PART, panorama, 3), b"no tree")
    with pytest.raises(Corrupt):
        await snapshots.read(TENANT, panorama, Header(3, house.time.now, pieces, ()))
    tree = (await house.panoramas.newest(TENANT, panorama)).tree.frozen()
    await snapshots.write(TENANT, tree, ())
    held = await anext(snapshots.headers(TENANT, panorama, 3))
    other = Ref(TENANT, "snapshot", f"{panorama}/{2:012d}")
    for record in await house.storage.scan(TENANT, PART, prefix=f"{panorama}/{3:012d}/{held.value.pieces.id}"):
        content = await house.records.open(record, bytes)
        key = record.ref.key.replace(f"{3:012d}", f"{2:012d}")
        await house.records.put(Write(ref=record.ref._replace(key=key), rev=1, value=content.value))
    await house.records.put(Write(ref=other, rev=1, value=Header(2, house.time.now, held.value.pieces, ())))
    with pytest.raises(Corrupt):
        await snapshots.read(TENANT, panorama, Header(2, house.time.now, held.value.pieces, ()))


async def test_old_snapshots_are_pruned() -> None:
    """Only the snapshots before a version go, with all their parts."""
    house = await furnished(settings=OFTEN)
    panorama = await history(house, 11)
    assert await house.panoramas.snapshots.prune(TENANT, panorama, 10) == 1
    assert await headers(house, panorama) == [10]
    prefixes = {record.ref.key.split("/")[1] for record in await house.storage.scan(TENANT, PART)}
    assert prefixes == {f"{10:012d}"}
