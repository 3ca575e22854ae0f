"""Keys that may have leaked are out of use within minutes, whatever has to wait for backups."""

import asyncio

import pytest

from application.keys.emergency import Came, Emergency, Stage
from application.keys.succession import Succession
from application.maintenance.jobs import Progress
from application.sealing.records import Write
from domain.ids import SYSTEM, TenantId
from domain.keys import SETTLING, State
from ports.errors import Unavailable
from ports.storage import Record, Ref
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import TENANT, House, furnished
from tests.unit.application.defects import breaking_for

BOTH = [TENANT, SYSTEM]


async def begun() -> House:
    """A house with a record of the tenant's and one of the service's, whose keys may have leaked."""
    house = await furnished()
    await house.records.put_many([Write(Ref(tenant, "thing", "a"), 1, "a") for tenant in BOTH])
    for tenant in BOTH:
        await house.keys.lifecycle.ask(tenant, 1, suspected=True)
    return house


class Watcher:
    """Hears how far it is, and ends it at a stage if that is wished."""

    def __init__(self, end_at: Stage | None = None) -> None:
        self.stages: dict[Stage, list[Progress]] = {}
        self.ending = asyncio.Event()
        self.end_at = end_at

    def told(self, stage: Stage, progress: Progress) -> None:
        """Take note."""
        self.stages.setdefault(stage, []).append(progress)
        if stage is self.end_at:
            self.ending.set()


async def run(house: House, watcher: Watcher | None = None) -> Came:
    """Rotate both."""
    watcher = watcher or Watcher()
    emergency = Emergency(house.keys.succession, house.time.monotonic, house.time.sleep)
    return await emergency.run(BOTH, watcher.told, watcher.ending)


async def states(house: House, tenant: TenantId) -> list[State]:
    """What each generation is."""
    return [generation.state for generation in await house.vault.generations.of(tenant)]


async def test_old_keys_are_out_of_use_when_nothing_is_under_them() -> None:
    """After ten minutes in which everybody hears of the new ones; each stage tells how far it is."""
    house, watcher = await begun(), Watcher()
    emergency = Emergency(house.keys.succession, house.time.monotonic, house.time.sleep)
    assert await emergency.under_way(BOTH) == BOTH
    house.uses.generations = {TENANT: {1}, SYSTEM: {1}}
    came = await run(house, watcher)
    assert came == Came(
        {"data keys made": 2, "data keys retired": 2, "records sealed anew": 2, "data keys withdrawn": 2}, {}
    )
    assert house.time.monotonic() == SETTLING.total_seconds()
    assert list(watcher.stages) == list(Stage)
    assert watcher.stages[Stage.REPLACING] == [Progress(0, 2), Progress(1, 2), Progress(2, 2)]
    assert len(watcher.stages[Stage.WAITING]) == 600
    for tenant in BOTH:
        assert await states(house, tenant) == [State.WITHDRAWN, State.ACTIVE]
        held = await house.neighbour().records.get(Ref(tenant, "thing", "a"), str)
        assert held is not None
    assert await emergency.under_way(BOTH) == []


async def test_without_a_key_manager_nothing_is_waited_for() -> None:
    """No key could be made, so that all of them are still in use; the next try makes them."""
    house = await begun()
    house.key_manager.failure = Unavailable("out")
    assert await run(house) == Came({}, {TENANT: "", SYSTEM: ""})
    assert house.time.monotonic() == 0
    house.key_manager.failure = None
    assert (await run(house)).in_use == {}


async def test_one_tenant_that_fails_keeps_no_other_from_it() -> None:
    """It is told whose key is still in use, and why."""

    class Out(FlakyStorage):
        async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
            if tenant == TENANT:
                raise Unavailable("out")
            return await super().sealed_below(tenant, generation, limit)

    house = await begun()
    came = await run(house.neighbour(Out(house.storage)))
    assert came.in_use == {TENANT: "unavailable"}
    assert came.done["data keys withdrawn"] == 1


async def test_what_is_interrupted_is_gone_on_with() -> None:
    """At whatever stage: what was done stays, and the next one does the rest."""
    for stage in Stage:
        house = await begun()
        came = await run(house, Watcher(end_at=stage))
        assert came.in_use
        assert house.time.monotonic() <= SETTLING.total_seconds()
        assert (await run(house)).in_use == {}
        assert await states(house, TENANT) in ([State.WITHDRAWN, State.ACTIVE], [State.DESTROYED, State.ACTIVE])


async def test_a_defect_of_ours_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as an outage of a driver, and the other's keys are replaced."""
    house = await begun()
    monkeypatch.setattr(Succession, "carry_on", breaking_for(TENANT, Succession.carry_on))
    came = await run(house)
    assert list(came.in_use) == [TENANT]
    assert came.in_use[TENANT].startswith("fault (KeyError at defects.py:")
    assert await states(house, SYSTEM) == [State.WITHDRAWN, State.ACTIVE]
