"""Silent tenants end, and no outage, downtime, wrong clock, crash or race ends one that uses the app."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from application.maintenance.jobs import Report, Turn
from application.tenants.lifecycle import install_app
from application.tenants.silence import ENDED
from application.tenants.views import TenantView
from domain.ids import TenantId
from domain.tenants import Installation, is_served
from ports.storage import Record, Ref
from tests.fakes.forge import CLOUD, ENVIRONMENT, ForgeOffice, opened_forge
from tests.fakes.retention import POLICY
from tests.fakes.storage import MemoryStorage
from tests.unit.application.retention.scenes import codes

DAY = 24
OTHER = "cloud-other"
MANY = [f"cloud-{number}" for number in range(5)]


async def test_ten_days_of_silence_end_a_tenant() -> None:
    """As of when it was heard last, and not an hour sooner, while others go on."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    heard = forge.time.now
    assert (await forge.hours(10 * DAY - 1, OTHER)).done == {}
    assert is_served(await forge.find())
    assert (await forge.hours(2, OTHER)).done == {ENDED: 1}
    tenant = await forge.find()
    assert tenant.uninstalled == heard
    assert is_served(await forge.find(OTHER))
    assert (await forge.hours(3, OTHER)).done == {}


async def test_leaving_shortens_it_to_three() -> None:
    """Counted from when the tenant is heard last, and that is while it leaves, or later."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    await forge.leave()
    await forge.hours(5 * DAY, CLOUD, OTHER)
    assert is_served(await forge.find()), "an uninstalled app may stay active"
    assert (await forge.hours(3 * DAY - 2, OTHER)).done == {}
    assert (await forge.hours(3, OTHER)).done == {ENDED: 1}


async def test_where_nobody_is_heard_leaving_does_not_shorten_it() -> None:
    """Of a single tenant nobody can tell whether it has left or the platform is out."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    await forge.leave()
    assert (await forge.hours(9 * DAY)).done == {}
    report = await forge.hours(2, OTHER)
    assert report.done == {}, "the other is back first, and this one must have its time to come back, too"
    assert is_served(await forge.heard())
    await forge.leave()
    assert (await forge.hours(10 * DAY + 2)).done == {ENDED: 1}
    assert (await forge.hours(2)).done == {ENDED: 1}


@pytest.mark.parametrize("leaving", [False, True])
async def test_an_outage_of_the_platform_ends_nobody(*, leaving: bool) -> None:
    """The job says so on every turn and in every process, and whoever had left before goes on being silent after it."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, *MANY)
    if leaving:
        await forge.leave(MANY[0])
    await forge.hours(5 * DAY, *MANY)
    for _ in range(12):
        report = await forge.hours(DAY)
        assert (codes(report), report.done) == (["platform-silent"], {})
    assert codes(await forge.look()) == ["platform-silent"]
    assert codes(await forge.neighbour().look()) == ["platform-silent"]
    back = await forge.hours(1, *MANY[1:])
    assert (codes(back), back.done) == ([], {})
    assert (await forge.hours(4 * DAY, *MANY)).done == {}
    assert (await forge.hours(DAY, *MANY)).done == {ENDED: 1}
    assert is_served(await forge.find(MANY[0]))
    assert not is_served(await forge.find())


async def test_downtime_of_the_service_is_not_silence() -> None:
    """Neither with processes that end nor with one that is stopped."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD)
    await forge.leave()
    for number in range(20):
        forge.time.go_on(hours=3 * DAY)
        restarted = forge.neighbour(seed=f"{number}")
        assert (await restarted.look()).done == {}
    assert (await forge.look()).done == {}, "a process that was stopped for sixty days counts one"
    assert is_served(await forge.find())


async def test_a_leap_of_the_clock_is_not_silence() -> None:
    """Forth and back by months."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    for hours in (90 * DAY, -180 * DAY, 90 * DAY):
        forge.time.step(hours=hours)
        assert (await forge.hours(5)).done == {}
    assert is_served(await forge.find())


async def test_processes_share_what_they_count() -> None:
    """Two at once count no hour twice, and one that takes over goes on from there."""
    forge = await opened_forge()
    other = forge.neighbour()
    await forge.hours(1, CLOUD, OTHER)
    for hour in range(10 * DAY - 1):
        forge.time.go_on(hours=1)
        await forge.call(OTHER)
        for process in (forge, other):
            assert (await process.look()).done == {}, hour
        if hour == 5 * DAY:
            forge, other = other, forge.neighbour(seed="third")
    assert is_served(await forge.find())
    for _ in range(DAY):
        forge.time.go_on(hours=1)
        await forge.call(OTHER)
        reports = [await process.look() for process in (forge, other)]
        if any(report.done for report in reports):
            break
    assert not is_served(await forge.find())


@pytest.mark.parametrize("what", ["heard", "erased"])
async def test_an_end_gives_way_to_what_happened_a_moment_ago(what: str) -> None:
    """Whatever this process still believes of the tenant."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    await forge.hours(10 * DAY - 1, OTHER)
    tenant = (await forge.find()).id
    forge.time.go_on(hours=3)
    await forge.call(OTHER)
    assert await forge.tenants.get(tenant) is not None
    if what == "heard":
        await forge.neighbour().heard()
    else:
        await forge.house.storage.erase(tenant)
    assert (await forge.look()).done == {}
    forge.time.go_on(seconds=6)
    view = await forge.tenants.get(tenant)
    assert (view is not None and is_served(view.tenant)) == (what == "heard")


async def test_what_an_earlier_release_made_counts_as_heard_now() -> None:
    """It ends ten days later if nothing of it is heard."""
    forge = await opened_forge()
    await install_app(Installation(alias="forge:old", issued=forge.time.now), forge.tenants, forge.time.clock)
    await install_app(Installation(alias="jira:old", issued=forge.time.now), forge.tenants, forge.time.clock)
    forge.time.go_on(hours=500 * DAY)
    await forge.hours(1, OTHER)
    first_seen = forge.time.now
    assert (await forge.hours(10 * DAY - 1, OTHER)).done == {}
    assert (await forge.hours(2, OTHER)).done == {ENDED: 1}
    view = await forge.tenants.by_alias("forge:old")
    assert view is not None
    assert view.tenant.uninstalled == first_seen
    connect = await forge.tenants.by_alias("jira:old")
    assert connect is not None
    assert is_served(connect.tenant), "a tenant of Connect keeps its own rule"


async def test_a_call_within_the_grace_brings_everything_back() -> None:
    """And the next silence counts from there."""
    forge = await opened_forge()
    tenant = await forge.heard()
    await forge.office.write(tenant.id)
    assert (await forge.hours(10 * DAY + 2)).done == {ENDED: 1}
    await forge.office.turn()
    assert is_served(await forge.heard(installation="two"))
    assert (await forge.heard()).id == tenant.id
    assert await forge.office.read(tenant.id) == "made by a user"
    assert (await forge.hours(9 * DAY)).done == {}


@pytest.mark.parametrize("leaving", [False, True])
async def test_what_ended_is_shredded_in_time(*, leaving: bool) -> None:
    """Thirty days after it was heard last, by the arithmetic: the purge begins when the policy says."""
    forge = await opened_forge()
    tenant = await forge.heard()
    heard = forge.time.now
    await forge.hours(1, OTHER)
    if leaving:
        await forge.leave()
        heard = forge.time.now
    while (await forge.tenants.get(tenant.id)) is not None:
        await forge.hours(1, OTHER)
        await forge.office.turn()
        assert forge.time.now - heard < timedelta(days=30)
    assert POLICY.grace <= forge.time.now - heard <= POLICY.grace + POLICY.maintenance
    assert await forge.office.left(tenant.id) == []
    assert (await forge.heard()).id != tenant.id


async def test_where_no_tenant_is_heard_it_is_told() -> None:
    """Of so few an outage cannot be told from their having left; an operator can, before anything is purged."""
    forge = await opened_forge()
    await forge.hours(1, *MANY[:3])
    assert codes(await forge.hours(5)) == []
    assert codes(await forge.hours(2)) == ["no-tenant-heard"]
    assert codes(await forge.hours(1, MANY[0])) == []
    for ended in (2, 1):
        assert (await forge.hours(11 * DAY)).done == {ENDED: ended}
    assert codes(await forge.hours(1)) == []


async def test_restarts_several_times_a_day_do_not_keep_a_tenant_for_ever() -> None:
    """What one process has counted another goes on from, from two hours on."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    ended = 0
    for number in range(20 * DAY // 4):
        ended += (await forge.neighbour(seed=f"{number}").hours(4, OTHER)).done.get(ENDED, 0)
    assert ended == 1


async def test_a_silence_that_is_not_counted_to_its_end_is_told() -> None:
    """After thirty days, of each tenant that should have ended by then."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    for number in range(30):
        forge.time.go_on(hours=DAY - 1)
        assert codes(await forge.neighbour(seed=f"{number}").hours(1, OTHER)) == []
    forge.time.go_on(hours=2)
    (found,) = (await forge.neighbour(seed="last").hours(1, OTHER)).findings
    assert (found.code, found.tenant) == ("silence-overdue", (await forge.find()).id)


async def test_tenants_that_left_before_an_upgrade_end_all_at_once() -> None:
    """They count as heard at one moment, which says nothing of the platform."""
    forge = await opened_forge()
    for site in MANY[:4]:
        await install_app(Installation(alias=f"forge:{site}", issued=forge.time.now), forge.tenants, forge.time.clock)
    assert codes(await forge.hours(9 * DAY, CLOUD, OTHER)) == []
    assert (await forge.hours(DAY + 2, CLOUD, OTHER)).done == {ENDED: 4}
    assert is_served(await forge.find())


async def test_where_an_environment_is_not_accepted_silence_says_nothing() -> None:
    """It is told; the others' silence counts, and so does its own once it is accepted again."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    forge.job = forge.with_environments("staging")
    for _ in range(12):
        report = await forge.hours(DAY)
        assert (codes(report), report.done) == (["environment-not-accepted"] * 2, {})
    assert await forge.with_environments("staging").plan() == []
    forge.job = forge.with_environments("staging", ENVIRONMENT)
    assert (await forge.hours(9 * DAY, OTHER)).done == {}
    assert codes(await forge.look()) == []
    assert (await forge.hours(DAY + 2, OTHER)).done == {ENDED: 1}


async def test_nothing_happens_where_forge_is_not_configured() -> None:
    """No token would be accepted: silence says nothing."""
    forge = await opened_forge()
    await forge.heard()
    forge.job = forge.with_environments(ENVIRONMENT, enabled=False)
    assert (await forge.hours(20 * DAY)).done == {}
    assert await forge.job.plan() == []


async def test_what_is_planned() -> None:
    """When a silent tenant ends; of one that is heard there is nothing to say."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    await forge.leave(OTHER)
    assert await forge.job.plan() == []
    await forge.hours(2 * DAY)
    first, second = await forge.job.plan()
    assert (first.tenant, second.tenant) == ((await forge.find(OTHER)).id, (await forge.find()).id)
    assert timedelta(days=2) < first.at - forge.time.now < second.at - forge.time.now < timedelta(days=8.1)


async def test_a_turn_that_is_over_goes_on_with_the_next() -> None:
    """Nothing that was seen is lost."""
    forge = await opened_forge()
    await forge.hours(1, *MANY[:3], OTHER)
    await forge.hours(7, OTHER)
    forge.time.go_on(hours=1)
    report = await forge.job.run(Turn(forge.time.monotonic, 0))
    assert report == Report(unfinished=True)
    assert (await forge.hours(10 * DAY, OTHER)).done == {ENDED: 3}


async def test_a_look_that_takes_longer_than_a_turn_goes_on_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tenants there are: each turn gets somewhere, no tenant is left out, and no time is lost."""
    forge = await opened_forge()
    await forge.hours(1, *MANY[:3], OTHER)
    slow = forge.neighbour()
    opened = slowed(slow, monkeypatch, 200)
    until, ended = forge.time.now + timedelta(days=10, hours=3), 0
    while forge.time.now < until:
        turn = Turn(slow.time.monotonic, 300)
        report = await slow.job.run(turn)
        ended += report.done.get(ENDED, 0)
        if report.unfinished:
            assert turn.progress.done, "else the job waits for its next pause"
        before = len(opened)
        await slow.job.plan()
        assert len(opened) == before, "a plan opens no tenant that was seen a moment ago"
        forge.time.go_on(seconds=1 if report.unfinished else 60)
        await forge.call(OTHER)
    assert ended == 3
    assert is_served(await forge.find(OTHER))


async def test_a_look_that_had_no_turn_for_an_hour_is_begun_anew() -> None:
    """Another process was at it: what was seen first and what is seen last would be of two times."""
    forge = await opened_forge()
    await forge.hours(1, OTHER)
    forge.time.go_on(hours=1)
    assert (await forge.job.run(Turn(forge.time.monotonic, 0))).unfinished
    forge.time.go_on(hours=2)
    await forge.call()
    await forge.look()
    assert (await forge.hours(10 * DAY - 1, OTHER)).done == {}
    assert (await forge.hours(1, OTHER)).done == {ENDED: 1}


async def test_a_tenant_of_connect_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never comes to be one of Forge."""
    forge = await opened_forge()
    await install_app(Installation(alias="jira:old", issued=forge.time.now), forge.tenants, forge.time.clock)
    connect = await forge.tenants.by_alias("jira:old")
    assert connect is not None
    opened = slowed(forge, monkeypatch, 0)
    await forge.hours(5)
    assert opened.count(connect.tenant.id) == 1


async def test_a_tenant_that_is_gone_is_planned_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has been purged, nothing is remembered of its silence."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER)
    gone = (await forge.find(OTHER)).id
    await forge.hours(DAY, CLOUD)
    assert [due.tenant for due in await forge.job.plan()] == [gone]
    every_id = forge.tenants.every_id

    async def others() -> AsyncIterator[TenantId]:
        async for tenant in every_id():
            if tenant != gone:
                yield tenant

    monkeypatch.setattr(forge.tenants, "every_id", others)
    await forge.hours(2, CLOUD)
    assert [due.tenant for due in await forge.job.plan()] == []


def slowed(forge: ForgeOffice, monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[TenantId]:
    """Have opening a tenant take so long, and return the list of those that are opened from now on."""
    opened: list[TenantId] = []
    get = forge.tenants.get

    async def slowly(tenant: TenantId) -> TenantView | None:
        opened.append(tenant)
        forge.time.go_on(seconds=seconds)
        return await get(tenant)

    monkeypatch.setattr(forge.tenants, "get", slowly)
    return opened


async def test_a_tenant_that_cannot_be_read_keeps_no_other_from_ending() -> None:
    """It is told, and what passes meanwhile does not count for it: no call of it could be recorded either."""
    forge = await opened_forge()
    await forge.hours(1, CLOUD, OTHER, "cloud-c")
    (damaged,) = [ref for ref in records(forge) if ref.kind == "tenant" and ref.tenant == (await forge.find()).id]
    await forge.hours(5 * DAY, "cloud-c")
    whole = records(forge)[damaged]
    records(forge)[damaged] = replace(whole, body=b"damaged")
    report = await forge.hours(6 * DAY, "cloud-c")
    assert (codes(report), report.done) == (["silence-unknown"], {ENDED: 1})
    records(forge)[damaged] = whole
    assert is_served(await forge.find())
    assert (await forge.hours(5 * DAY - 2, "cloud-c")).done == {}
    assert (await forge.hours(DAY, "cloud-c")).done == {ENDED: 1}


def records(forge: ForgeOffice) -> dict[Ref, Record]:
    """Return what is stored."""
    assert isinstance(forge.house.storage, MemoryStorage)
    return forge.house.storage.records
