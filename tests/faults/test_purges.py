"""Purges that fail at every step, and callbacks that arrive at the very moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, cast

import pytest

from application.retention.purge import CONFIRMATION
from application.tenants.lifecycle import install_app, uninstall_app
from application.tenants.repository import TENANT as TENANT_KIND
from domain.errors import RetentionRefused
from domain.ids import TenantId
from domain.tenants import Installation, is_served
from ports.errors import PortError
from tests.fakes.baton import Baton, Scheduled, copied
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.retention import KIND, POLICY, SITE, Office, opened
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.rounds import rounds

OTHER = "jira:other"


class Scene(NamedTuple):
    """A site that has been removed and is due to be purged, beside one that is not."""

    office: Office
    removed: TenantId
    other: TenantId

    def process(self, records: FlakyStorage | MemoryStorage, vault: FlakyStorage | MemoryStorage, seed: str) -> Office:
        """Return another process at these stores."""
        house = House(records, vault, time=self.office.time, seed=seed, managers=self.office.house.managers)
        return Office(house, self.office.copies)

    @property
    def stores(self) -> tuple[MemoryStorage, MemoryStorage]:
        """Return the records and the vault."""
        return cast("MemoryStorage", self.office.house.storage), cast("MemoryStorage", self.office.house.vault_storage)


async def due() -> Scene:
    """Return the scene on the day on which the purge is due."""
    office = await opened()
    removed, other = await office.settle(), await office.settle(OTHER)
    await office.remove()
    office.time.go_on(hours=24 * POLICY.grace.days)
    return Scene(office, removed, other)


async def confirmed(office: Office) -> None:
    """Have the job confirm what has been purged."""
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    await office.turn()


async def assert_gone(office: Office, scene: Scene) -> None:
    """Nothing is left of the removed site but a whole receipt; nothing has become of the other one."""
    assert await office.left(scene.removed) == []
    receipt = await office.receipt(scene.removed)
    assert (receipt.records, receipt.generations) == ({TENANT_KIND: 1, KIND: 1}, (1,))
    assert receipt.shredded is not None
    assert await office.tenants.by_alias(SITE) is None
    assert await office.read(scene.other) == "made by a user"
    assert [tenant.id async for tenant in office.tenants.everyone()] == [scene.other]


async def tried(fault: Fault, where: str, *, turns_before: int) -> bool:
    """Have one turn fail at one step, go on in another process, and check the outcome; whether the fault struck."""
    scene = await due()
    for _ in range(turns_before):
        await scene.office.turn()
        scene.office.time.go_on(seconds=CONFIRMATION.total_seconds())
    records, vault = map(FlakyStorage, scene.stores)
    flaky = {"records": records, "vault": vault}[where]
    flaky.plan = (fault,)
    struck = scene.process(records, vault, seed=f"struck at {fault.call}")
    try:
        await struck.turn()
    except Died:
        assert len(flaky.steps) >= fault.call
    except PortError:
        assert fault.harm not in {Harm.DEATH_BEFORE, Harm.DEATH_AFTER}
    survivor = scene.process(*scene.stores, seed=f"survivor of {fault.call}")
    await survivor.turn()
    await confirmed(survivor)
    await assert_gone(scene.process(*scene.stores, seed="fresh"), scene)
    return len(flaky.steps) >= fault.call


@pytest.mark.parametrize("turns_before", [0, 1], ids=["purge", "confirmation"])
@pytest.mark.parametrize("where", ["records", "vault"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_a_purge_that_fails_anywhere_is_completed(harm: Harm, where: str, turns_before: int) -> None:
    """Whichever step fails or is the process's last, the next turn goes on; nothing is lost, doubled or left."""
    step = 1
    while await tried(Fault(step, harm, times=20 if step % 2 else 1), where, turns_before=turns_before):
        step += 1
    assert step > 2


class Callback(NamedTuple):
    """Something that arrives while a purge begins, and what must hold of it afterwards."""

    handle: Callable[[Office, Scene], Awaitable[object]]
    check: Callable[[object, Scene], Awaitable[None]]
    symmetric: bool = False
    """Whether it makes no difference which of the two comes first."""


async def install(office: Office, _: Scene) -> object:
    """Install the app again."""
    told = Installation(alias=SITE, issued=office.time.clock(), secret="second")
    return await install_app(told, office.tenants, office.time.clock)


async def assert_installed(answer: object, scene: Scene) -> None:
    """The site is served, in the life that its callback was acknowledged for: the old one whole, or a new one."""
    office = scene.office
    assert isinstance(answer, str)
    tenant = TenantId(answer)
    await office.write(tenant, "after")
    await office.turn()
    await confirmed(office)
    await office.days(60)
    fresh = scene.process(*scene.stores, seed="fresh")
    view = await fresh.tenants.by_alias(SITE)
    assert view is not None
    assert (view.tenant.id, is_served(view.tenant)) == (tenant, True)
    assert await fresh.read(tenant, "after") == "made by a user"
    if tenant == scene.removed:
        assert await fresh.read(tenant) == "made by a user"
        assert await fresh.purge.ledger.find(tenant) is None
    else:
        assert await fresh.left(scene.removed) == []


async def remove(office: Office, _: Scene) -> object:
    """Remove the app once more."""
    await uninstall_app(SITE, office.time.clock(), office.tenants)
    return None


async def assert_removed(_: object, scene: Scene) -> None:
    """The purge is done, and an installation that is no newer than the removal begins nothing."""
    await scene.office.turn()
    await confirmed(scene.office)
    office = scene.process(*scene.stores, seed="fresh")
    await assert_gone(office, scene)
    told = Installation(alias=SITE, issued=scene.office.time.clock() - CONFIRMATION, secret="late")
    assert await install_app(told, office.tenants, office.time.clock) is None


async def purge_too(office: Office, _: Scene) -> object:
    """Have a second process purge at the same time."""
    return await office.turn()


async def assert_purged_once(_: object, scene: Scene) -> None:
    """Whoever did which step, the purge is done and its receipt is whole."""
    await scene.office.turn()
    await confirmed(scene.office)
    await assert_gone(scene.process(*scene.stores, seed="fresh"), scene)


async def hold(office: Office, scene: Scene) -> object:
    """Place a legal hold; whether that was in time."""
    try:
        await office.retention.hold(scene.removed, "court order")
    except RetentionRefused:
        return False
    return True


async def assert_held_or_gone(answer: object, scene: Scene) -> None:
    """What was held in time is whole for as long as it is held; of anything else nothing is left."""
    await scene.office.turn()
    await confirmed(scene.office)
    fresh = scene.process(*scene.stores, seed="fresh")
    if answer:
        assert await fresh.read(scene.removed) == "made by a user"
        assert await fresh.purge.ledger.find(scene.removed) is None
    else:
        await assert_gone(fresh, scene)


CALLBACKS = {
    "installed": Callback(install, assert_installed),
    "uninstalled": Callback(remove, assert_removed),
    "hold": Callback(hold, assert_held_or_gone),
    "another purge": Callback(purge_too, assert_purged_once, symmetric=True),
}
ENDLESS = 10_000


async def together(scene: Scene, callback: Callback, schedule: Sequence[str]) -> Baton:
    """Have one process handle a callback while another one purges, and check what has come of it.

    Both remember the removed tenant's key, so that its destruction keeps neither from anything.
    """
    records, vault = map(copied, scene.stores)
    baton = Baton(schedule, ("callback", "purge"))
    handler, purger = (
        scene.process(Scheduled(records, baton, name), Scheduled(vault, baton, name), seed=name)
        for name in ("callback", "purge")
    )
    for office in (handler, purger):
        await office.house.vault.active(scene.removed)
    baton.begin()
    answer, _ = await asyncio.gather(
        baton.carried("callback", callback.handle(handler, scene)), baton.carried("purge", purger.turn())
    )
    time = FakeTime()
    time.now = scene.office.time.now
    house = House(records, vault, time=time, seed="after", managers=scene.office.house.managers)
    await callback.check(answer, Scene(Office(house, scene.office.copies), scene.removed, scene.other))
    return baton


@pytest.mark.timeout(rounds(300))
@pytest.mark.parametrize("name", CALLBACKS)
async def test_a_callback_at_the_very_moment_of_a_purge(name: str) -> None:
    """Wherever one of them is when the other comes in between: nobody who was told of a success loses anything."""
    scene, callback = await due(), CALLBACKS[name]
    first = await together(scene, callback, ["callback"] * ENDLESS)
    last = await together(scene, callback, ["purge"] * ENDLESS)
    calls, steps = (max(first.calls[each], last.calls[each]) for each in ("callback", "purge"))
    assert calls > 1
    assert steps > 10
    for one in range(calls + 1):
        for other in range(steps + 1):
            await together(scene, callback, ["callback"] * one + ["purge"] * other + ["callback"] * ENDLESS)
            if not callback.symmetric:
                await together(scene, callback, ["purge"] * other + ["callback"] * one + ["purge"] * ENDLESS)
