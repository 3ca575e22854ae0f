"""What operators are told of removed sites, and what they may do about them."""

from datetime import timedelta

import pytest

from application.retention.purge import CONFIRMATION
from application.tenants.lifecycle import install_app
from domain.approvals import Standing, standing
from domain.erasures import Evidence
from domain.errors import RetentionRefused
from domain.holds import in_force
from domain.ids import TenantId
from domain.retention import Obstacle, Stage
from domain.tenants import Installation
from ports.errors import NotFound
from tests.fakes.forge import opened_forge
from tests.fakes.retention import KIND, POLICY, SITE, FakeCopies, Office, opened
from tests.unit.application.retention.scenes import GRACE, removed


async def stages(office: Office) -> dict[str, Stage]:
    """Return where every site stands, by its alias, or its id once it has none."""
    return {status.alias or status.tenant: status.stage async for status in office.retention.statuses()}


async def test_a_site_is_told_from_its_removal_to_its_end() -> None:
    """By its alias while there is one, by its id afterwards; one that has the app only while it is held."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    held, _ = await office.settle("jira:held"), await office.settle("jira:other")
    await office.retention.hold(held, "court order")
    assert await stages(office) == {SITE: Stage.GRACE, "jira:held": Stage.INSTALLED}
    await office.remove("jira:held")
    office.time.go_on(hours=24 * GRACE)
    assert await stages(office) == {SITE: Stage.DUE, "jira:held": Stage.HELD}
    office.copies.shipped = False
    office.copies.known = Evidence(unconfirmed=("standby",))
    await office.turn()
    assert (await stages(office))[SITE] is Stage.PURGING
    office.copies.shipped = True
    await office.turn()
    assert (await stages(office))[tenant] is Stage.PURGED
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    await office.turn()
    (confirmed,) = [status async for status in office.retention.statuses() if status.tenant == tenant]
    assert (confirmed.stage, confirmed.outstanding) == (Stage.CONFIRMED, ("standby has not confirmed the erasure",))
    assert confirmed.removed is not None
    assert confirmed.shredded_by == confirmed.removed + POLICY.total
    office.copies.known = Evidence()
    await office.days(1)
    (shredded,) = [status async for status in office.retention.statuses() if status.tenant == tenant]
    assert (shredded.stage, shredded.shredded_by, shredded.outstanding) == (Stage.SHREDDED, office.time.now, ())


async def test_what_would_be_destroyed_is_counted_before() -> None:
    """With what is in the way; nothing happens."""
    office, tenant = await removed()
    outlook = await office.retention.outlook(tenant)
    assert (outlook.alias, outlook.obstacle) == (SITE, Obstacle.GRACE)
    assert (outlook.records, outlook.generations) == ({"tenant": 1, KIND: 1}, (1,))
    assert await office.read(tenant) == "made by a user"
    with pytest.raises(RetentionRefused, match="no such tenant"):
        await office.retention.outlook(TenantId("nobody"))


async def test_a_removed_site_can_be_purged_early() -> None:
    """At the word of an operator, and not without it."""
    office, tenant = await removed()
    with pytest.raises(RetentionRefused, match="not to be purged now"):
        await office.retention.purge(tenant, early=False)
    assert (await office.retention.purge(tenant, early=True)).done == "sites purged"
    receipt = await office.retention.receipt(tenant)
    assert receipt is not None
    assert await office.retention.outstanding(receipt) == ("the purge is not confirmed on this site",)
    assert (await office.retention.residue(tenant)).found == ()
    assert await office.retention.receipt(TenantId("nobody")) is None


async def test_a_site_that_has_the_app_is_never_purged() -> None:
    """Early or not."""
    office = await opened()
    tenant = await office.settle()
    for early in (True, False):
        with pytest.raises(RetentionRefused):
            await office.retention.purge(tenant, early=early)
    assert await office.read(tenant) == "made by a user"


async def test_a_hold_is_a_single_operator_s_until_somebody_signs_in() -> None:
    """Placing and releasing are both recorded so, with their reasons."""
    office, tenant = await removed()
    placed = await office.retention.hold(tenant, "court order")
    assert standing(placed.placed) is Standing.SINGLE_OPERATOR
    with pytest.raises(RetentionRefused, match="in force already"):
        await office.retention.hold(tenant, "another")
    with pytest.raises(RetentionRefused):
        await office.retention.purge(tenant, early=True)
    released = await office.retention.release(tenant, "settled")
    assert released.released is not None
    assert (released.placed.reason, released.released.reason) == ("court order", "settled")
    view = await office.tenants.get(tenant)
    assert view is not None
    assert in_force(view.tenant.holds) is None


async def test_a_hold_that_comes_too_late_is_refused() -> None:
    """From the decision on; whether hold or purge was first is decided by compare-and-swap."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    office.copies.shipped = False
    await office.days(GRACE)
    with pytest.raises(RetentionRefused, match="its purge has begun"):
        await office.retention.hold(tenant, "too late")
    office.copies.shipped = True
    await office.turn()
    with pytest.raises(RetentionRefused, match="no such tenant"):
        await office.retention.hold(tenant, "far too late")
    with pytest.raises(NotFound):
        await office.neighbour().write(tenant)


async def test_when_a_site_of_forge_ends_is_told_once_it_is_silent_or_leaving() -> None:
    """Of one that is heard, that has ended, or that uses Connect, there is nothing to say."""
    forge = await opened_forge()
    retention = forge.office.retention
    heard = await forge.heard()
    await install_app(Installation(alias="jira:site", issued=forge.time.now), forge.tenants, forge.time.clock)
    connect = await forge.tenants.by_alias("jira:site")
    assert connect is not None
    assert (retention.ends(heard), retention.ends(connect.tenant), retention.purge_due(heard)) == (None, None, None)
    await forge.leave()
    assert retention.ends(await forge.find()) == heard.present_since + POLICY.silence.leaving
    await forge.hours(24 * 11)
    ended = await forge.find()
    assert retention.ends(ended) is None
    due = retention.purge_due(ended)
    assert due is not None
    assert POLICY.grace <= due - heard.present_since < POLICY.grace + timedelta(hours=2), "found with the next look"
