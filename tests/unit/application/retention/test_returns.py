"""A site of Forge is purged only once a process that runs could have heard it, whatever the time of day says."""

import pytest
from msgspec.structs import replace

from domain.ids import TenantId
from domain.tenants import is_served
from tests.fakes.forge import CLOUD, ForgeOffice, opened_forge
from tests.fakes.retention import SITE
from tests.unit.application.retention.scenes import codes

HOURS = 10 * 24 + 1
OTHER = "cloud-other"


async def ended() -> tuple[ForgeOffice, TenantId]:
    """Return a tenant of Forge whose end was found a moment ago."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    tenant = await forge.find()
    await forge.hours(HOURS, OTHER)
    assert not is_served(await forge.find())
    await forge.office.turn()
    return forge, tenant.id


@pytest.mark.parametrize("wrong", ["downtime", "restart", "clock"])
async def test_the_time_to_return_does_not_pass_unheard(wrong: str) -> None:
    """While the service is down, with a process that was stopped or a new one, or by a leap of the time of day."""
    forge, tenant = await ended()
    if wrong == "clock":
        forge.time.step(hours=5 * 24)
    else:
        forge.time.go_on(hours=5 * 24)
    office = forge.office.neighbour() if wrong == "restart" else forge.office
    for _ in range(6):
        assert (await office.turn()).done == {}
        forge.time.go_on(seconds=3_540)
    if wrong == "clock":
        forge.time.step(hours=-5 * 24)
    assert (await forge.heard()).id == tenant
    assert is_served(await forge.find())
    for _ in range(2 * 24):
        assert (await office.turn()).done == {}
        forge.time.go_on(hours=1)
    assert await office.tenants.get(tenant) is not None


async def test_what_is_not_heard_is_purged_hours_later() -> None:
    """By each process that looks on for so long, however often another one has its turn."""
    forge, tenant = await ended()
    forge.time.go_on(hours=5 * 24)
    purged = []
    for hour in range(8):
        if (await forge.office.turn()).done:
            purged.append(hour)
        forge.time.go_on(hours=1)
    assert purged[:1] == [6]
    assert await forge.tenants.get(tenant) is None


async def test_a_leap_of_the_clock_is_forgotten() -> None:
    """What was seen in it does not count when the purge is due in truth."""
    forge, tenant = await ended()
    forge.time.step(hours=5 * 24)
    for _ in range(6):
        await forge.office.turn()
        forge.time.go_on(hours=1)
    forge.time.step(hours=-5 * 24)
    await forge.office.turn()
    forge.time.go_on(hours=5 * 24)
    assert (await forge.office.turn()).done == {}
    assert await forge.tenants.get(tenant) is not None


async def test_one_that_ends_again_has_its_time_again() -> None:
    """Also where this process saw neither the return nor the second end."""
    forge, tenant = await ended()
    forge.time.go_on(hours=5 * 24)
    for _ in range(6):
        assert (await forge.office.turn()).done == {}
        forge.time.go_on(hours=1)
    other = forge.neighbour()
    await other.heard()
    await other.look()
    for _ in range(15 * 24):
        forge.time.go_on(hours=1)
        await other.call(OTHER)
        await other.look()
    assert not is_served(await other.find())
    assert (await forge.office.turn()).done == {}
    assert await forge.tenants.get(tenant) is not None


async def test_a_hold_is_told_at_once() -> None:
    """It keeps the data in any case."""
    forge, tenant = await ended()
    await forge.office.retention.hold(tenant, "a lawsuit")
    forge.time.go_on(hours=5 * 24)
    assert codes(await forge.office.turn()) == ["legal-hold"]


async def test_a_site_of_connect_is_purged_at_once() -> None:
    """Its removal was told, so that nothing is inferred."""
    forge, _ = await ended()
    tenant = await forge.office.settle()
    await forge.office.remove(SITE)
    forge.time.go_on(hours=14 * 24)
    assert (await forge.office.turn()).done == {"sites purged": 1}
    assert await forge.office.left(tenant) == []


async def test_a_purge_that_was_decided_goes_on_at_once() -> None:
    """Although the process that decided it died before the ledger knew."""
    forge, tenant = await ended()
    forge.time.go_on(hours=5 * 24)
    await forge.tenants.change(tenant, lambda before: before and replace(before, purging=forge.time.now))
    assert (await forge.office.turn()).done == {"sites purged": 1}
    assert await forge.office.left(tenant) == []
