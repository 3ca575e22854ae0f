"""The job looks after everybody's keys, in turns."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.keys.rotation import LOOK
from application.keys.succession import Succession
from application.maintenance.jobs import Due, Progress, Report, Turn
from application.sealing.records import Write
from domain.ids import SYSTEM, TenantId
from domain.keys import State
from ports.errors import Unavailable
from ports.storage import Record, Ref
from tests.drivers import SECRET
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.keys import FakeKeyManager
from tests.fakes.storage import MemoryStorage
from tests.unit.application.defects import breaking_for

DAYS = 24
DAY = timedelta(days=1)


def turn(house: House, may_go_on: int = 10**9, told: list[Progress] | None = None) -> Turn:
    """A turn that lasts for so many questions."""
    asked = iter(range(may_go_on))
    told = [] if told is None else told
    return Turn(house.time.monotonic, 300, may_go_on=lambda: next(asked, None) is not None, told=told.append)


async def begun(storage: MemoryStorage | None = None) -> House:
    """A house with one thing of the tenant's and one of the service's."""
    house = await furnished(storage)
    await house.records.put_many([Write(Ref(tenant, "thing", "a"), 1, "a") for tenant in (TENANT, SYSTEM)])
    return house


async def states(house: House, tenant: TenantId = TENANT) -> list[State]:
    """What each generation is."""
    return [generation.state for generation in await house.vault.generations.of(tenant)]


async def test_everybodys_keys_are_rotated_the_services_own_too() -> None:
    """Made, swept out, and a day later destroyed; how often each was done is told, and how far it is."""
    house = await begun()
    assert await house.keys.rotation.run(turn(house)) == Report()
    house.time.go_on(hours=60 * DAYS)
    told: list[Progress] = []
    report = await house.keys.rotation.run(turn(house, told=told))
    assert report == Report(done={"data keys made": 2, "data keys retired": 2, "records sealed anew": 2})
    assert told[-1].done == 6
    house.time.go_on(hours=24)
    assert (await house.keys.rotation.run(turn(house))).done == {"data keys destroyed": 2}
    assert await states(house) == await states(house, SYSTEM) == [State.DESTROYED, State.ACTIVE]


async def test_what_is_due_is_planned() -> None:
    """A new key on day 60, and the old one's end a day after its retirement; who is gone has no plan."""
    house = await begun()
    begin = house.time.now
    new = [Due(at=begin + DAY * 60, what="make a new data key", tenant=tenant) for tenant in (TENANT, SYSTEM)]
    assert await house.keys.rotation.plan() == new
    house.time.go_on(hours=60 * DAYS)
    await house.keys.rotation.run(turn(house))
    await house.vault.generations.enter(TenantId("nobody"))
    plan = await house.keys.rotation.plan()
    assert [(due.what.partition(",")[0], (due.at - begin).days) for due in plan] == [
        ("destroy an old data key", 61),
        ("destroy an old data key", 61),
        ("make a new data key", 120),
        ("make a new data key", 120),
    ]
    house.time.go_on(hours=24)
    assert [due.what for due in await house.keys.rotation.plan()] == ["make a new data key"] * 2, (
        "the rest is for others"
    )


async def test_everybody_is_looked_at_every_ten_minutes() -> None:
    """In between the vault is left in peace, and what was found last is still told."""
    house = await begun()
    house.time.go_on(hours=60 * DAYS)
    vault = FlakyStorage(house.vault_storage)
    watcher = House(house.storage, vault, time=house.time, managers=house.managers)
    await watcher.vault.active(SYSTEM)
    house.key_manager.failure = Unavailable("out")
    first = await watcher.keys.rotation.run(turn(watcher))
    assert sorted(finding.code for finding in first.findings) == ["due-key", "due-key", "key-manager-out"]
    steps = len(vault.steps)
    house.time.go_on(seconds=LOOK - 1)
    assert await watcher.keys.rotation.run(turn(watcher)) == first
    assert len(vault.steps) == steps
    house.key_manager.failure = None
    house.time.go_on(seconds=1)
    assert (await watcher.keys.rotation.run(turn(watcher))).done["data keys made"] == 2


async def test_a_turn_that_is_over_is_followed_by_another_at_once() -> None:
    """Whether it ended between two tenants or in the middle of one."""
    for questions in (0, 1, 2, 3):
        house = await begun()
        house.time.go_on(hours=60 * DAYS)
        report = await house.keys.rotation.run(turn(house, questions))
        assert report.unfinished
        assert not (await house.keys.rotation.run(turn(house))).unfinished
        assert await states(house) == await states(house, SYSTEM) == [State.DECRYPT_ONLY, State.ACTIVE]


async def test_one_tenant_that_fails_keeps_no_other_from_its_turn() -> None:
    """It is told whose keys, and why, and made up for in the next turn."""
    inner = MemoryStorage()
    house = await begun(inner)
    house.time.go_on(hours=60 * DAYS)
    report = await house.neighbour(Without(inner, TENANT)).keys.rotation.run(turn(house))
    (finding,) = report.findings
    assert (finding.code, finding.tenant, "unavailable" in finding.what) == ("rotation-failed", TENANT, True)
    assert report.done["records sealed anew"] == 1
    house.time.go_on(seconds=LOOK)
    assert (await house.keys.rotation.run(turn(house))).done == {"records sealed anew": 1}


class Without(FlakyStorage):
    """Is out for the sweep of one tenant."""

    def __init__(self, inner: MemoryStorage, tenant: TenantId) -> None:
        super().__init__(inner)
        self.tenant = tenant

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        if tenant == self.tenant:
            raise Unavailable("out")
        return await super().sealed_below(tenant, generation, limit)


async def test_a_defect_of_ours_is_told_as_one_and_keeps_no_other_tenant_from_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not as an outage of a driver; by its kind and place, and nothing that it says."""
    house = await begun()
    monkeypatch.setattr(Succession, "carry_on", breaking_for(TENANT, Succession.carry_on))
    house.time.go_on(hours=60 * DAYS)
    report = await house.keys.rotation.run(turn(house))
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("rotation-failed", TENANT)
    assert finding.what.partition("(")[2].startswith("fault (KeyError at defects.py:")
    assert SECRET not in finding.what
    assert report.done["records sealed anew"] == 1


async def test_what_is_not_as_it_should_be_is_told_of_each_tenant() -> None:
    """Wraps that are missing, records that do not open, and keys that nobody can tell of."""
    house = await begun()
    managers = [house.key_manager, Silent("west")]
    later = House(house.storage, house.vault_storage, time=house.time, managers=managers)
    assert {finding.code for finding in (await later.keys.rotation.run(turn(house))).findings} == {"missing-wrap"}
    damaged = await house.storage.get(Ref(SYSTEM, "thing", "a"))
    assert damaged is not None
    await house.storage.put(replace(damaged, rev=2, body=b"noise"))
    house.time.go_on(hours=60 * DAYS)
    assert [finding.code for finding in (await house.keys.rotation.run(turn(house))).findings] == ["unopened-record"]
    house.uses.failure = Unavailable("out")
    house.time.go_on(hours=24)
    codes = {(finding.code, finding.tenant) for finding in (await house.keys.rotation.run(turn(house))).findings}
    assert codes == {("unopened-record", SYSTEM), ("uses-unknown", TENANT)}


class Silent(FakeKeyManager):
    """Wraps nothing."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        raise Unavailable("out")


async def test_a_request_is_heard_before_the_next_look() -> None:
    """Whoever asks for a new key does not wait for ten minutes."""
    house = await begun()
    await house.keys.rotation.run(turn(house))
    await house.keys.requests.file("ann", "to be sure", [TENANT], suspected=False)
    assert (await house.keys.rotation.run(turn(house))).done["data keys made"] == 1


async def test_destroyed_wraps_leave_no_trace_in_the_vault() -> None:
    """The store is told to forget what it has overwritten; where that fails it is told again in the next turn."""
    house = await begun()
    vault = FlakyStorage(house.vault_storage)
    rotated = House(house.storage, vault, time=house.time, managers=house.managers)
    house.time.go_on(hours=60 * DAYS)
    await rotated.keys.rotation.run(turn(house))
    house.time.go_on(hours=24)
    vault.plan = (Fault(1, Harm.LOST_REQUEST, frozenset({"erase"})),)
    with pytest.raises(Unavailable):
        await rotated.keys.rotation.run(turn(house))
    assert await states(house) == [State.DESTROYED, State.ACTIVE]
    vault.steps.clear()
    vault.plan = ()
    for _ in range(2):
        await rotated.keys.rotation.run(turn(house))
        house.time.go_on(seconds=LOOK)
    assert vault.steps.count("erase") == 1
