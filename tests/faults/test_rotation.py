"""A rotation of data keys: every step of it may fail, anything may happen between two of its steps."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import TypeVar

import pytest

from application.maintenance.jobs import Report, Turn
from application.panoramas.settings import Settings
from application.tenants.lifecycle import install_app
from domain.ids import SYSTEM, PanoramaId, TenantId
from domain.keys import SETTLING, State
from domain.tenants import accepted_secrets
from ports.errors import PortError
from ports.storage import Ref, Storage
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House
from tests.fakes.rotating import Rotating
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.faults.invariants import assert_consistent
from tests.faults.scenarios import PART_SIZE
from tests.rounds import rounds
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, titles
from tests.unit.application.tenants.scenes import Registry

T = TypeVar("T")

OFTEN = Settings(snapshot_after=2)
DAYS = 24
SETTLED = SETTLING.total_seconds()


class Scene:
    """A storage and a vault, each of which can fail, with a panorama under keys of sixty days."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.records, self.vault = Rotating(MemoryStorage()), Rotating(MemoryStorage())
        self.house = House(self.records, self.vault, time=self.time, settings=OFTEN, part_size=PART_SIZE)
        self.panorama = PanoramaId("")

    async def begin(self) -> "Scene":
        """Give everybody keys and the tenant a panorama, and let sixty days pass."""
        for tenant in (TENANT, SYSTEM):
            await self.house.vault.create(tenant)
        self.panorama = await a_panorama(self.house)
        await edited(self.house, self.panorama, group("first"), issue(1))
        await edited(self.house, self.panorama, *(group("\N{ROCKET}" * 255) for _ in range(12)))
        await self.house.panoramas.close()
        self.time.go_on(hours=60 * DAYS)
        for flaky in (self.records, self.vault):
            flaky.steps.clear()
        return self

    def survivor(self, seed: str = "survivor") -> House:
        """Return a process at the same stores that nothing happens to."""
        stores = (self.records.inner, self.vault.inner)
        managers = self.house.managers
        return House(
            *stores, time=self.time, seed=seed, settings=OFTEN, managers=managers, part_size=self.house.part_size
        )


async def turned(house: House) -> Report:
    """Give the rotation a turn."""
    return await house.keys.rotation.run(Turn(house.time.monotonic, 300))


async def rotated(house: House) -> None:
    """Let two days pass in which the rotation has its turns."""
    for _ in range(3):
        await turned(house)
        house.time.go_on(hours=24)


async def states(house: House, tenant: TenantId = TENANT) -> list[State]:
    """Return what each generation is."""
    return [generation.state for generation in await house.vault.generations.of(tenant)]


async def assert_rotated(scene: Scene, before: list[object]) -> None:
    """The rotation is complete, nothing is lost and nothing is doubled."""
    survivor = scene.survivor("reader")
    assert await titles(survivor, scene.panorama) == before
    await assert_consistent(survivor)
    for tenant in (TENANT, SYSTEM):
        assert await states(survivor, tenant) == [State.DESTROYED, State.ACTIVE]
        assert await scene.records.inner.sealed_below(tenant, 2, 1) == []
    assert await survivor.vault.missing_wraps() == []


async def tried(fault: Fault, where: str) -> bool:
    """Rotate with one fault, and have another process complete it; whether the fault struck at all."""
    scene = await Scene().begin()
    before: list[object] = [*await titles(scene.survivor("before"), scene.panorama)]
    flaky = {"records": scene.records, "vault": scene.vault}[where]
    flaky.plan = (fault,)
    with suppress(Died, PortError):
        await rotated(scene.house)
    struck = len(flaky.steps) >= fault.call
    assert await titles(scene.survivor("between"), scene.panorama) == before
    await rotated(scene.survivor())
    await assert_rotated(scene, before)
    return struck


@pytest.mark.parametrize("where", ["records", "vault"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_step_fails_a_rotation_completes(harm: Harm, where: str) -> None:
    """A call that fails once, a store that is out for a while, or a death: the next process goes on from there."""
    step = 1
    while await tried(Fault(step, harm, times=20 if step % 2 else 1), where):
        step += 1
    assert step > 5


@pytest.mark.parametrize("stale", [True, False], ids=["old view", "new view"])
@pytest.mark.parametrize("where", ["records", "vault"])
async def test_edits_go_on_between_any_two_steps(where: str, stale: bool) -> None:  # noqa: FBT001 - a case of pytest
    """Whenever an edit comes, of a process that knows of the new key or not yet: it succeeds, and is not lost."""
    step, reached = 1, True
    while reached:
        scene = await Scene().begin()
        editor = scene.survivor("editor")
        if stale:
            await editor.vault.active(TENANT)
            await editor.vault.active(SYSTEM)
        before = await titles(editor, scene.panorama)
        flaky = {"records": scene.records, "vault": scene.vault}[where]

        async def edit(scene: Scene = scene, editor: House = editor, flaky: Rotating = flaky) -> None:
            flaky.rotation = None
            await edited(editor, scene.panorama, group("meanwhile"), issue(2))

        flaky.begins, flaky.rotation = step, edit
        await turned(scene.house)
        reached = flaky.rotation is None
        flaky.rotation = None
        scene.time.go_on(hours=24)
        await rotated(scene.house)
        await assert_rotated(scene, [2, "meanwhile", *before] if reached else [*before])
        step += 1
    assert step > 5


class Jittery(FlakyStorage):
    """Lets others have their turn a few times before each call, as chance will have it."""

    def __init__(self, inner: Storage, chance: Random) -> None:
        super().__init__(inner)
        self.chance = chance

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        return await super()._step(method, call, half)


@pytest.mark.parametrize("seed", range(rounds(10)))
async def test_two_writers_two_readers_and_two_rotations_at_once(seed: int) -> None:
    """In whatever order their steps come: every edit succeeds, every read shows all that was acknowledged before."""
    chance = Random(seed)
    scene = await Scene().begin()
    storage, vault = Jittery(scene.records.inner, chance), Jittery(scene.vault.inner, chance)
    houses = [
        House(storage, vault, time=scene.time, seed=f"{seed} {number}", settings=OFTEN, managers=scene.house.managers)
        for number in range(4)
    ]
    for house in houses[:2]:
        await house.vault.active(TENANT)
    acknowledged: list[int] = []

    async def write(house: House, first: int) -> None:
        for number in range(first, first + 8):
            await edited(house, scene.panorama, issue(number))
            acknowledged.append(number)
            scene.time.go_on(seconds=chance.choice([0, 0, 40]))

    async def read(house: House) -> None:
        for _ in range(10):
            known = set(acknowledged)
            assert known <= set(await titles(house, scene.panorama))
            await asyncio.sleep(0)

    await asyncio.gather(
        write(houses[0], 100),
        write(houses[1], 200),
        read(houses[1]),
        read(houses[2]),
        turned(houses[2]),
        turned(houses[3]),
    )
    for house in houses:
        await house.panoramas.close()
    scene.time.go_on(hours=24)
    survivor = scene.survivor()
    await rotated(survivor)
    await assert_rotated(scene, [*await titles(survivor, scene.panorama)])
    assert set(acknowledged) <= set(await titles(survivor, scene.panorama))


async def test_a_rotation_replaces_the_seal_of_the_token_of_jira() -> None:
    """The secret that a site signs with is sealed under the new key like all else, and still accepted."""
    scene = await Scene().begin()
    registry = Registry(scene.house)
    tenant = await registry.install("first")
    await turned(scene.house)
    scene.time.go_on(hours=60 * DAYS)
    await turned(scene.house)
    record = await scene.records.inner.get(Ref(tenant, "tenant", "1"))
    assert record is not None
    assert (record.generation, record.rev) == (2, 2)
    secrets = (await Registry(scene.survivor()).tenant()).secrets
    assert secrets is not None
    assert accepted_secrets(secrets, scene.time.now) == ("first",)


async def test_a_swap_of_the_token_during_a_sweep_is_a_swap() -> None:
    """Whichever step of the sweep it comes between: the new secret holds, and the old one for sixty seconds more."""
    step, reached = 1, True
    while reached:
        scene = await Scene().begin()
        registry = Registry(scene.survivor("jira"))
        tenant = await registry.install("first")
        scene.time.go_on(hours=60 * DAYS)
        await registry.house.vault.active(tenant)

        async def swap(scene: Scene = scene, registry: Registry = registry) -> None:
            scene.records.rotation = None
            await install_app(registry.installation("second"), registry.tenants, scene.time.clock)

        scene.records.begins, scene.records.rotation = step, swap
        await turned(scene.house)
        reached = scene.records.rotation is None
        if not reached:
            await swap()
        secrets = (await Registry(scene.survivor("reader")).tenant()).secrets
        assert secrets is not None
        assert accepted_secrets(secrets, scene.time.now) == ("second", "first")
        scene.time.go_on(seconds=60)
        assert accepted_secrets(secrets, scene.time.now) == ("second",)
        scene.time.go_on(seconds=SETTLED)
        await rotated(scene.survivor("later"))
        assert await scene.records.inner.sealed_below(tenant, 2, 1) == []
        assert (await Registry(scene.survivor("last")).tenant()).secrets == secrets
        step += 1
    assert step > 3
