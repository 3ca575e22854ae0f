"""Everybody's index keys are looked after in turns."""

from datetime import timedelta

import pytest

from application.maintenance.jobs import Due, Report, Turn
from application.panoramas.index_rotation import LOOK
from application.panoramas.index_succession import IndexSuccession
from application.panoramas.places import PLACE
from domain.ids import TenantId
from domain.index_keys import ANNOUNCEMENT, HANDOVER
from ports.errors import Unavailable
from ports.storage import Record
from tests.drivers import SECRET
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.defects import breaking_for
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue

OTHER = TenantId("b" * 24)
DAY = timedelta(days=1)


async def begun(storage: MemoryStorage | None = None) -> House:
    """A house with two tenants that have an index, besides the service, which has none."""
    house = await furnished(storage)
    await house.vault.create(OTHER)
    await edited(house, await a_panorama(house), issue(1))
    await house.index.digest(OTHER, 1)  # type: ignore[arg-type] # any number will do
    return house


async def run(house: House, may_go_on: int = 10**9) -> Report:
    """Give the job a turn of so many questions."""
    asked = iter(range(may_go_on))
    turn = Turn(house.time.monotonic, 300, may_go_on=lambda: next(asked, None) is not None)
    return await house.index_care.rotation.run(turn)


async def test_everybodys_index_key_is_replaced() -> None:
    """In three steps, each when it is time; how often each was done is told."""
    house = await begun()
    begin = house.time.now
    planned = [Due(at=begin + 60 * DAY, what="make a new index key", tenant=tenant) for tenant in (TENANT, OTHER)]
    assert await house.index_care.rotation.plan() == planned
    assert await run(house) == Report()
    house.time.go_on(hours=60 * 24)
    assert await run(house) == Report(done={"index keys made": 2})
    house.time.go_on(seconds=ANNOUNCEMENT.total_seconds())
    assert (await run(house)).done == {"index keys put in use": 2}
    house.time.go_on(seconds=LOOK)
    assert (await run(house)).done == {}
    house.time.go_on(seconds=HANDOVER.total_seconds())
    assert (await run(house)).done == {
        "panoramas indexed anew": 1,
        "old index entries removed": 1,
        "index keys destroyed": 2,
    }
    assert [due.at for due in await house.index_care.rotation.plan()] == [begin + 120 * DAY] * 2


async def test_everybody_is_looked_at_every_ten_minutes() -> None:
    """In between nothing is asked, and what was found last is still told."""
    house = await begun()
    flaky = FlakyStorage(house.storage)
    watcher = house.neighbour(flaky)
    house.time.go_on(hours=75 * 24)
    first = await run(watcher)
    assert [(finding.code, finding.tenant) for finding in first.findings] == [
        ("late-index-key", TENANT),
        ("late-index-key", OTHER),
    ]
    steps = len(flaky.steps)
    house.time.go_on(seconds=LOOK - 1)
    assert await run(watcher) == Report(findings=first.findings)
    assert len(flaky.steps) == steps


async def test_a_turn_that_is_over_is_followed_by_another_at_once() -> None:
    """Whether it ended between two tenants or in the middle of one."""
    house = await begun()
    house.time.go_on(hours=60 * 24)
    assert await run(house, 1) == Report(done={"index keys made": 1}, unfinished=True)
    assert (await run(house)).done == {"index keys made": 1}
    house.time.go_on(seconds=ANNOUNCEMENT.total_seconds())
    await run(house)
    house.time.go_on(seconds=LOOK)
    await run(house)
    house.time.go_on(seconds=HANDOVER.total_seconds())
    assert (await run(house, 1)).unfinished
    assert (await run(house)).done["index keys destroyed"] == 2


async def test_one_tenant_that_fails_keeps_no_other_from_its_turn() -> None:
    """It is told whose index, and why."""

    class Without(FlakyStorage):
        async def scan(self, tenant: str, kind: str, **query: object) -> list[Record]:
            if tenant == TENANT and kind != PLACE:
                raise Unavailable("out")
            return await super().scan(tenant, kind, **query)  # type: ignore[arg-type] # as it came

    house = await begun()
    house.time.go_on(hours=60 * 24)
    report = await run(house.neighbour(Without(house.storage)))
    (finding,) = report.findings
    assert (finding.code, finding.tenant, "unavailable" in finding.what) == ("index-rotation-failed", TENANT, True)
    assert report.done == {"index keys made": 1}


async def test_a_defect_of_ours_is_told_as_one_and_keeps_no_other_tenant_from_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not as an outage of a driver; by its kind and place, and nothing that it says."""
    house = await begun()
    monkeypatch.setattr(IndexSuccession, "carry_on", breaking_for(TENANT, IndexSuccession.carry_on))
    house.time.go_on(hours=60 * 24)
    report = await run(house)
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("index-rotation-failed", TENANT)
    assert "(fault (KeyError at defects.py:" in finding.what
    assert SECRET not in finding.what
    assert report.done == {"index keys made": 1}
