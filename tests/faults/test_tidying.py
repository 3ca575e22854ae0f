"""Tidying panoramas: every step may fail; nothing half-done shows, and nothing that can come back is lost."""

from abc import ABC, abstractmethod
from typing import ClassVar

import pytest

from application.maintenance.jobs import Turn
from application.maintenance.sweeping import Sweeping
from application.panoramas.lists import panoramas_of_issue
from application.panoramas.read import read_changes
from application.panoramas.settings import Settings
from domain.errors import PanoramaMissing
from domain.ids import IssueId, PanoramaId
from domain.panoramas.commands import Archive, Remove, Restore
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.keeping import Keeper, keeper
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of, titles

SETTINGS = Settings(snapshot_after=2)


class Chore(ABC):
    """One thing that the job does, what may be seen before and after it, and what must hold in the end."""

    name: ClassVar[str]
    days: ClassVar[int]
    """After how many days it is due."""

    @abstractmethod
    async def prepare(self, yard: Keeper) -> PanoramaId:
        """Make a panorama for it."""

    @abstractmethod
    async def seen(self, yard: Keeper, panorama: PanoramaId) -> str:
        """Return what a fresh process sees: `before` or `after`; anything else is half-done."""

    @abstractmethod
    async def check(self, yard: Keeper, panorama: PanoramaId) -> None:
        """Look whether all is as it must be in the end."""


class Forgetting(Chore):
    """A node with an issue below it was removed a month ago, another one yesterday."""

    name = "forget"
    days = 30

    async def prepare(self, yard: Keeper) -> PanoramaId:
        panorama = await a_panorama(yard.house)
        old = node_of(await edited(yard.house, panorama, group("old")))
        await edited(yard.house, panorama, issue(7, old), group("kept"))
        await edited(yard.house, panorama, Remove(old))
        yard.go_on(days=29)
        self.young = node_of(await edited(yard.house, panorama, group("young")))
        await edited(yard.house, panorama, Remove(self.young))
        yard.go_on(days=-29)
        return panorama

    async def seen(self, yard: Keeper, panorama: PanoramaId) -> str:
        assert await titles(yard.house, panorama) == ["kept"]
        total = (await yard.house.panoramas.newest(TENANT, panorama)).tree.total
        return {5: "before", 3: "after"}[total]

    async def check(self, yard: Keeper, panorama: PanoramaId) -> None:
        await edited(yard.house, panorama, Restore(self.young))
        assert await titles(yard.house, panorama) == ["young", "kept"]
        await edited(yard.house, panorama, issue(7))
        assert len(await panoramas_of_issue(TENANT, ANN, IssueId(7), yard.house.panoramas)) == 1


class Discarding(Chore):
    """A panorama with issues, snapshots and a change in parts was archived a month ago."""

    name = "discard"
    days = 30

    async def prepare(self, yard: Keeper) -> PanoramaId:
        panorama = await a_panorama(yard.house)
        await edited(yard.house, panorama, issue(7), issue(8))
        await yard.house.panoramas.close()
        await edited(yard.house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(4)))
        await yard.house.panoramas.close()
        await edited(yard.house, panorama, Archive())
        await yard.house.panoramas.close()
        kinds = await yard.kinds()
        assert kinds.keys() == {"panorama", "place", "change", "part", "snapshot", "snapshot-part"}
        return panorama

    async def seen(self, yard: Keeper, panorama: PanoramaId) -> str:
        hits = await panoramas_of_issue(TENANT, ANN, IssueId(7), yard.house.panoramas)
        listed = await yard.listed()
        try:
            await yard.house.panoramas.visible(TENANT, panorama, ANN)
        except PanoramaMissing:
            assert (hits, listed) == ([], [])
            return "after"
        assert (len(hits), listed) == (1, [panorama])
        return "before"

    async def check(self, yard: Keeper, panorama: PanoramaId) -> None:
        assert await yard.kinds() == {"change": 1}
        versions = [record.ref.key for record in await yard.house.storage.scan(TENANT, "change")]
        assert versions == [f"{panorama}/{version:012d}" for version in range(1, 6)]


class Folding(Chore):
    """Half of the history of a panorama is older than ninety days."""

    name = "fold"
    days = 90

    async def prepare(self, yard: Keeper) -> PanoramaId:
        panorama = await a_panorama(yard.house)
        await edited(yard.house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(4)))
        for number in range(3):
            await edited(yard.house, panorama, group(f"g{number}"))
            await yard.house.panoramas.close()
        yard.go_on(days=40)
        for number in range(3):
            await edited(yard.house, panorama, group(f"h{number}"))
        await yard.house.panoramas.close()
        yard.go_on(days=-40)
        return panorama

    async def seen(self, yard: Keeper, panorama: PanoramaId) -> str:
        assert (await titles(yard.house, panorama))[:6] == ["h2", "h1", "h0", "g2", "g1", "g0"]
        changes = await read_changes(TENANT, panorama, ANN, yard.house.panoramas)
        versions = [change.version for change in changes]
        assert versions == list(range(versions[0], 9))
        assert versions[-3:] == [6, 7, 8]
        return "before" if versions[0] < 6 else "after"

    async def check(self, yard: Keeper, panorama: PanoramaId) -> None:
        kinds = await yard.kinds()
        assert (kinds["change"], kinds.get("part")) == (3, None)
        headers = [held async for held in yard.house.panoramas.snapshots.headers(TENANT, panorama, 99)]
        assert headers[-1].value.version == 5
        assert kinds["snapshot-part"] == sum(len(held.value.pieces.digests) for held in headers)


async def tried(chore: Chore, fault: Fault) -> bool:
    """Do the chore with one fault, then without; check what must hold; whether the fault struck at all."""
    storage = FlakyStorage(MemoryStorage())
    yard = await keeper(storage, SETTINGS, part_size=1_000)
    panorama = await chore.prepare(yard)
    yard.go_on(days=chore.days)
    worker = yard.neighbour()
    storage.steps.clear()
    storage.plan = (fault,)
    try:
        await worker.run()
    except (Died, PortError):
        assert len(storage.steps) >= fault.call
    struck = len(storage.steps) >= fault.call
    storage.plan = ()
    await worker.house.panoramas.close()

    assert await chore.seen(yard.neighbour(storage.inner), panorama) in {"before", "after"}
    survivor = yard.neighbour(storage.inner)
    yard.go_on(days=1)
    sweep = Sweeping(survivor.house.records, yard.time.clock)
    for _ in range(3):
        await survivor.run()
        await sweep.run(Turn(yard.time.monotonic, 300))
    assert await chore.seen(yard.neighbour(storage.inner), panorama) == "after"
    await chore.check(yard.neighbour(storage.inner), panorama)
    return struck


@pytest.mark.parametrize("times", [1, 20], ids=["once", "for a while"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("chore", [Forgetting(), Discarding(), Folding()], ids=lambda chore: chore.name)
async def test_nothing_is_lost_halved_or_left(chore: Chore, harm: Harm, times: int) -> None:
    """Whichever step fails: what can come back does, what is gone is gone whole, and in the end nothing is left."""
    step = 1
    while await tried(chore, Fault(step, harm, times=times)):
        step += 1
    assert step > 5, "the chore has steps that can fail"
