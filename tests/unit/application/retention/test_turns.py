"""Each turn of the purging job may end anywhere, be shared with others, and is planned."""

from datetime import datetime

import pytest

from application.maintenance.jobs import Due, Report, Turn
from application.retention.copies import NoCopies
from application.retention.purge import CONFIRMATION, LOOK
from application.retention.receipts import RECEIPT
from application.tenants.repository import Removed
from domain.erasures import Evidence
from domain.ids import SYSTEM, TenantId
from ports.errors import Unavailable
from ports.storage import Ref
from tests.fakes.flaky import WRITES, Fault, FlakyStorage, Harm
from tests.fakes.retention import POLICY, SETTINGS, FakeCopies, Office
from tests.fakes.storage import MemoryStorage
from tests.unit.application.retention.scenes import GRACE, removed


async def test_the_plan_tells_what_comes_when() -> None:
    """The purge from the day of the removal on, then each of its steps."""
    office, tenant = await removed()
    due = office.time.now + POLICY.grace
    assert await office.job.plan() == [Due(at=due, what="purge a removed site, unless it is held", tenant=tenant)]
    assert isinstance(office.copies, FakeCopies)
    office.copies.shipped = False
    await office.days(GRACE)
    told = {each.what: each.at for each in await office.job.plan()}
    assert told == {
        "purge a removed site, unless it is held": due,
        "destroy what a removed site has left behind": due,
    }
    office.copies.shipped = True
    office.copies.known = Evidence(unconfirmed=("standby",))
    await office.turn()
    assert [(each.at, each.what) for each in await office.job.plan()] == [(due + CONFIRMATION, "confirm a purge")]
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    await office.turn()
    (last,) = await office.job.plan()
    assert (last.at, last.what) == (office.time.now + LOOK, "see whether a purged site is shredded")


async def test_a_process_that_is_overtaken_leaves_the_rest_to_the_other() -> None:
    """Two do the same step: the receipt is written once, and whoever was slower stops there."""
    office, tenant = await removed()
    await office.days(GRACE)
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    (held,) = await office.purge.receipts.due(office.time.now)
    await office.turn()
    assert (await office.neighbour().purge.go_on(held)).receipt is None
    (entry,) = await office.purge.ledger.old(office.time.now)
    for _ in range(2):
        await office.purge.ledger.forget(entry)
    assert await office.purge.ledger.find(tenant) is None


async def test_a_site_that_comes_back_as_its_purge_begins_is_left_alone() -> None:
    """What was due when the turn began is looked at once more, by compare-and-swap."""
    office, tenant = await removed()

    class Back(Office):
        async def returned(self, before: datetime) -> list[Removed]:
            found = await listed(before)
            await office.install()
            return found

    late = Back(office.house.neighbour())
    listed = late.tenants.removed
    late.tenants.removed = late.returned  # type: ignore[method-assign] # The site returns right after it was listed.
    assert await late.days(GRACE) == Report()
    assert await office.read(tenant) == "made by a user"


async def test_a_turn_that_is_over_forgets_nothing() -> None:
    """Old entries wait for the next one."""
    office, tenant = await removed()
    await office.purge_all()
    office.time.go_on(hours=24 * SETTINGS.ledger_days + 24)
    report = await office.job.run(Turn(office.time.monotonic, 60, may_go_on=lambda: False))
    assert report == Report(unfinished=True)
    assert await office.purge.ledger.find(tenant) is not None


async def test_a_site_without_copies_has_nothing_to_wait_for() -> None:
    """No store, no standby: what is confirmed is shredded."""
    tenant = TenantId("t")
    assert await NoCopies().ledger_is_shipped(tenant)
    assert await NoCopies().evidence(tenant) == Evidence()


@pytest.mark.parametrize("steps", range(6))
async def test_a_turn_that_is_over_leaves_the_rest_to_another(steps: int) -> None:
    """Between any two sites, and any two steps of one, a turn may end; the next one goes on."""
    office, first = await removed()
    await office.days(GRACE)
    assert isinstance(office.house.storage, MemoryStorage)
    del office.house.storage.records[Ref(SYSTEM, RECEIPT, first)]
    second = await office.settle("jira:second")
    await office.remove("jira:second")
    office.time.go_on(hours=24 * GRACE + 1)
    left = [True] * steps
    report = await office.job.run(Turn(office.time.monotonic, 60, may_go_on=lambda: bool(left and left.pop())))
    assert report.unfinished
    await office.turn()
    for tenant in (first, second):
        assert await office.left(tenant) == []


async def test_an_early_purge_survives_its_operator() -> None:
    """Whoever wanted it may have gone right after the decision: the job does the rest at once."""
    office, tenant = await removed()
    storage = FlakyStorage(office.house.storage, Fault(2, Harm.LOST_REQUEST, WRITES, times=9))
    with pytest.raises(Unavailable):
        await office.neighbour(storage).purge.begin(tenant, POLICY, early=True)
    assert (await office.turn()).done == {"sites purged": 1}
    assert await office.left(tenant) == []
