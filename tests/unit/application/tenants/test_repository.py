"""How tenants are found, how old what one sees of them may be, and who else may change them meanwhile."""

import asyncio

import pytest
from msgspec.structs import replace

from application.tenants import repository, views
from application.tenants.lifecycle import install_app, switch_app
from domain.errors import TooContended
from domain.ids import TenantId
from domain.tenants import Tenant, is_served
from ports.errors import Conflict
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.rotating import rotate, sweep
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import ALIAS, opened


def _trips(house: House) -> int:
    assert isinstance(house.storage, MemoryStorage)
    return house.storage.round_trips


async def test_unknown_names_lead_nowhere() -> None:
    """There is no tenant behind an alias or an id that nobody has."""
    registry = await opened()
    assert await registry.tenants.by_alias(ALIAS) is None
    assert await registry.tenants.get(TenantId("f" * 24)) is None


async def test_a_view_is_at_most_five_seconds_old() -> None:
    """What another process changed is seen 5 s later at the latest, and until then nothing is asked."""
    registry = await opened()
    await registry.install()
    other = registry.neighbour()
    assert is_served(await other.tenant())
    await switch_app(ALIAS, registry.time.clock(), registry.tenants, enabled=False)
    trips = _trips(registry.house)
    registry.time.go_on(seconds=4.9)
    assert is_served(await other.tenant())
    assert _trips(registry.house) == trips
    registry.time.go_on(seconds=0.2)
    assert not is_served(await other.tenant())


async def test_ones_own_change_is_seen_at_once() -> None:
    """The process that handled a callback knows what it did, and believes no older view any more."""
    registry = await opened()
    await registry.install()
    view = await registry.tenants.by_alias(ALIAS)
    assert view is not None
    await switch_app(ALIAS, registry.time.clock(), registry.tenants, enabled=False)
    assert view.fresh_until < registry.time.monotonic()
    assert not is_served(await registry.tenant())


async def test_a_view_outlives_a_rotation_of_keys() -> None:
    """A tenant that was only sealed anew has not changed: what was found true of it stays true."""
    registry = await opened()
    tenant = await registry.install()
    view = await registry.tenants.get(tenant)
    assert view is not None
    await rotate(registry.house, tenant)
    assert await sweep(registry.house, tenant) == 1
    registry.time.go_on(seconds=5)
    assert await registry.tenants.get(tenant) is view
    assert (view.rev, view.fresh_until) == (2, registry.time.monotonic() + 5)


async def test_a_view_is_the_same_object_until_the_tenant_changes() -> None:
    """Reading an unchanged tenant again makes the view fresh, so that what was found true of it stays true."""
    registry = await opened()
    tenant = await registry.install()
    view = await registry.tenants.get(tenant)
    assert view is not None
    registry.time.go_on(seconds=6)
    assert view.fresh_until < registry.time.monotonic()
    assert await registry.tenants.get(tenant) is view
    assert view.fresh_until > registry.time.monotonic()


async def test_doubt_reloads_at_most_once_a_second() -> None:
    """A reload sees what another process changed a moment ago; many in a row ask the storage once a second."""
    registry = await opened()
    await registry.install()
    other = registry.neighbour()
    view = await other.tenants.by_alias(ALIAS)
    assert view is not None
    await registry.install(secret="second")
    newer = await other.tenants.reload(view)
    assert newer is not None
    assert newer is not view
    trips = _trips(registry.house)
    assert await other.tenants.reload(newer) is newer
    assert _trips(registry.house) == trips
    registry.time.go_on(seconds=1)
    assert await other.tenants.reload(newer) is newer
    assert _trips(registry.house) == trips + 1


async def test_an_answer_that_was_overtaken_changes_nothing() -> None:
    """Of two looks at a tenant the one that saw the higher revision counts, whichever ends last."""
    registry = await opened()
    await registry.install()
    tenant = await registry.tenant()
    seen = views.Views(registry.time.monotonic, 10)
    newer = seen.seen(tenant, 2, began=3.0)
    assert seen.seen(tenant, 1, began=4.0) is newer
    assert newer.fresh_until == 8.0
    assert seen.seen(tenant, 2, began=1.0) is newer
    assert newer.fresh_until == 8.0


async def test_a_tenant_whose_keys_are_gone_is_no_tenant() -> None:
    """Between the end of its keys and the end of its records a purged tenant is not found."""
    registry = await opened()
    tenant = await registry.install()
    await registry.house.vault_storage.erase(tenant)
    assert await registry.neighbour(seed="later").tenants.by_alias(ALIAS) is None


async def test_a_site_that_returns_after_its_purge_begins_a_new_life() -> None:
    """A process that still remembers where the alias led follows it to the new tenant."""
    registry = await opened()
    other = registry.neighbour()
    first = await registry.install()
    assert (await other.tenant()).id == first
    await registry.house.storage.erase(first)
    assert await registry.tenants.aliases.empty({first: registry.time.clock()}) == 1
    registry.time.go_on(seconds=6)
    assert await other.tenants.get(first) is None
    assert await other.tenants.by_alias(ALIAS) is None
    second = await registry.neighbour(seed="third").install()
    assert second != first
    assert (await other.tenant()).id == second


async def test_changes_of_two_processes_are_both_kept() -> None:
    """A change that loses against another one is made again upon it."""
    registry = await opened()
    tenant = await registry.install()
    other = registry.neighbour()

    def described(text: str) -> repository.Step:
        def step(before: Tenant | None) -> Tenant | None:
            assert before is not None
            return replace(before, site=replace(before.site, description=before.site.description + text))

        return step

    await asyncio.gather(
        *(process.tenants.change(tenant, described("x")) for process in (registry, other) for _ in range(3))
    )
    registry.time.go_on(seconds=6)
    assert (await registry.tenant()).site.description == "xxxxxx"


async def test_a_change_gives_up_in_the_end() -> None:
    """A change that others overtake each time is refused, not tried for ever."""
    registry = await opened()
    tenant = await registry.install()
    overtaken = Fault(1, Harm.LOST_REQUEST, frozenset({"put", "put_many"}), times=100, error=lambda: Conflict("tenant"))
    contended = registry.neighbour(FlakyStorage(registry.house.storage, overtaken))
    with pytest.raises(TooContended):
        await switch_app(ALIAS, registry.time.clock(), contended.tenants, enabled=False)
    assert is_served(await registry.tenant())
    assert (await registry.tenant()).id == tenant


async def test_only_so_many_are_remembered() -> None:
    """What a process remembers of tenants is bounded, and what it forgets it looks up again."""
    registry = await opened(most=2)
    tenants = [await registry.install(alias=f"jira:{number}") for number in range(4)]
    found = [await registry.tenant(f"jira:{number}") for number in range(4)]
    assert [tenant.id for tenant in found] == tenants


async def test_everyone_is_listed() -> None:
    """Every tenant is listed but those whose record is gone or not there yet, or whose alias leads nowhere."""
    registry = await opened()
    for name in ("c", "a", "e", "b", "d"):
        await registry.install(alias=f"jira:{name}")
    await registry.house.storage.erase((await registry.tenant("jira:c")).id)
    registry.time.go_on(seconds=6)
    await registry.tenants.enrol("jira:bb", registry.time.clock())
    await registry.tenants.aliases.empty({(await registry.tenant("jira:e")).id: registry.time.clock()})
    listed = [tenant.alias async for tenant in registry.tenants.everyone()]
    assert sorted(listed) == ["jira:a", "jira:b", "jira:d"]


async def test_a_tenant_without_its_record_begins_when_the_callback_is_repeated() -> None:
    """An alias alone, as a crash leaves it, is no tenant yet, and becomes the one that it leads to."""
    registry = await opened()
    tenant = await registry.tenants.enrol(ALIAS, registry.time.clock())
    assert await registry.tenants.by_alias(ALIAS) is None
    assert await install_app(registry.installation(), registry.tenants, registry.time.clock) == tenant
    assert await registry.tenants.enrol(ALIAS, registry.time.clock()) == tenant
