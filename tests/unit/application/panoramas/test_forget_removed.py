"""Forgetting races with edits, and neither fails for anybody to see."""

import asyncio
import random

import pytest

from application.panoramas.cache import Address
from application.panoramas.forgetting import forget_removed
from domain.errors import TooContended
from domain.ids import SERVICE, PanoramaId
from domain.panoramas.commands import Remove
from domain.panoramas.facts import Change
from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, node_of, titles


async def removed(house: House, count: int) -> PanoramaId:
    """Return a panorama with so many removed nodes."""
    panorama = await a_panorama(house)
    for number in range(count):
        node = node_of(await edited(house, panorama, group(f"g{number}")))
        await edited(house, panorama, Remove(node))
    return panorama


async def forget(house: House, panorama: PanoramaId) -> int:
    """Forget all that is removed by now."""
    return await forget_removed(Address(TENANT, panorama), house.time.now, house.panoramas, lambda: True)


async def test_edits_and_forgetting_at_once_all_succeed() -> None:
    """In two processes; each edit is there in the end, each removed node is forgotten once, no version is skipped."""
    house = await furnished()
    panorama = await removed(house, 20)
    house.time.go_on(seconds=1)
    processes = [house, house.neighbour(seed="one"), house.neighbour(seed="two")]
    chance = random.Random(1)

    async def edits(process: House, name: str) -> None:
        for number in range(20):
            await asyncio.sleep(0)
            await edited(process, panorama, group(f"{name}{number}"))
            if chance.random() < 0.5:
                await asyncio.sleep(0)

    through = house.time.now
    address = Address(TENANT, panorama)
    house.time.go_on(seconds=1)
    counts = await asyncio.gather(
        *(forget_removed(address, through, process.panoramas, lambda: True) for process in processes),
        *(edits(process, name) for process, name in zip(processes, "abc", strict=True)),
    )
    assert sum(count for count in counts if count) == 20
    shown = await titles(house.neighbour(seed="three"), panorama)
    assert sorted(map(str, shown)) == sorted(f"{name}{number}" for name in "abc" for number in range(20))
    changes = await house.panoramas.stream.forward(TENANT, panorama, 0, 1_000)
    assert [change.version for change in changes] == list(range(1, 103))


class Contended(MemoryStorage):
    """Lets the service lose every race for a version."""

    losing = False

    async def put(self, record: Record) -> None:
        """Refuse changes while it is losing."""
        if self.losing and record.ref.kind == "change":
            raise Conflict(record.ref)
        await super().put(record)


async def test_an_endless_race_is_given_up() -> None:
    """It is due again in the next turn."""
    storage = Contended()
    house = await furnished(storage)
    panorama = await removed(house, 1)
    storage.losing = True
    with pytest.raises(TooContended):
        await forget(house, panorama)
    storage.losing = False
    assert await forget(house, panorama) == 1


async def test_it_is_the_service_that_forgets() -> None:
    """The change has the service for its author and a time of its own."""
    house = await furnished()
    panorama = await removed(house, 1)
    house.time.go_on(hours=1)
    await forget(house, panorama)
    (change,) = await house.panoramas.stream.back(TENANT, panorama, 5, 1)
    assert isinstance(change, Change)
    assert (change.author, change.at) == (SERVICE, house.time.now)


async def test_many_nodes_are_forgotten_in_several_changes() -> None:
    """Between two of them it can be told to stop."""
    house = await furnished()
    panorama = await a_panorama(house)
    for _ in range(3):
        batch = [group("g", node=-1), *(group("x", -1) for _ in range(3_000))]
        node = (await edited(house, panorama, *batch)).made[-1]
        await edited(house, panorama, Remove(node))
    answers = iter((True, False))
    address = Address(TENANT, panorama)
    through = house.time.now
    assert await forget_removed(address, through, house.panoramas, lambda: next(answers)) == 2 * 3_001
    assert await forget(house, panorama) == 3_001
    assert (await house.panoramas.newest(TENANT, panorama)).tree.total == 1
