"""A legal hold keeps data from being purged, and is told for as long as it does."""

from msgspec.structs import replace

from application.maintenance.jobs import Report
from domain.approvals import Request
from domain.erasures import Period
from domain.holds import place, release
from domain.ids import TenantId
from domain.tenants import Tenant
from tests.fakes.retention import Office
from tests.unit.application.retention.scenes import GRACE, codes, removed


async def hold(office: Office, tenant: TenantId, *, held: bool) -> None:
    """Place a hold, or release it."""
    request = Request(reason="court order", at=office.time.now)

    def step(before: Tenant | None) -> Tenant | None:
        return before and replace(before, holds=(place if held else release)(before.holds, request))

    await office.tenants.change(tenant, step)


async def test_a_hold_stops_a_purge_and_is_told() -> None:
    """A finding from the day on which the purge was due, another one from the day of the promise on."""
    office, tenant = await removed()
    await hold(office, tenant, held=True)
    began = office.time.now
    assert await office.days(GRACE - 1) == Report()
    assert codes(await office.days(1)) == ["legal-hold"]
    assert codes(await office.days(16)) == ["legal-hold"]
    assert codes(await office.days(1)) == ["legal-hold", "erasure-overdue"]
    assert await office.read(tenant) == "made by a user"
    await hold(office, tenant, held=False)
    report = await office.turn()
    assert (report.done, codes(report)) == ({"sites purged": 1}, ["erasure-overdue"])
    assert (await office.receipt(tenant)).held == (Period(began, office.time.now),)
    await office.purge_all()
    assert await office.turn() == Report()
