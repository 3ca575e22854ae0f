"""What Jira's callbacks do, with other processes at work, with key managers out, and with crashes in between."""

import asyncio
from contextlib import suppress

import pytest

from application.keys.vault import KeyVault
from application.tenants.digests import DIGEST_KEY
from application.tenants.lifecycle import install_app, switch_app, uninstall_app
from application.tenants.repository import Tenants
from domain.ids import SYSTEM
from domain.tenants import TenantState, is_served, state
from ports.errors import Unavailable
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import ALIAS, Registry, opened


async def test_an_installation_begins_a_life() -> None:
    """A site that installs the app is found by its alias, with what it told of itself."""
    registry = await opened()
    tenant = await registry.install()
    found = await registry.tenant()
    assert found.id == tenant
    assert is_served(found)
    assert found.site.base_url == "https://a.atlassian.net"
    assert found.secrets is not None
    assert found.secrets.current == "first"


async def test_a_site_keeps_its_tenant() -> None:
    """Removing and installing again, also by way of another process, leads to the same tenant."""
    registry = await opened()
    tenant = await registry.install()
    registry.time.go_on(seconds=1)
    await uninstall_app(ALIAS, registry.time.clock(), registry.tenants)
    assert state(await registry.tenant()) is TenantState.UNINSTALLED
    assert await registry.neighbour().install(secret="second") == tenant
    registry.time.go_on(seconds=5)
    assert is_served(await registry.tenant())


async def test_switching_off_and_on() -> None:
    """A disabled site is not served until it is enabled."""
    registry = await opened()
    await registry.install()
    for enabled in (False, True):
        registry.time.go_on(seconds=1)
        await switch_app(ALIAS, registry.time.clock(), registry.tenants, enabled=enabled)
        assert is_served(await registry.tenant()) is enabled


async def test_callbacks_of_unknown_sites_do_nothing() -> None:
    """A site that is not known, or no more, can be removed and switched without any effect."""
    registry = await opened()
    await uninstall_app(ALIAS, registry.time.clock(), registry.tenants)
    await switch_app(ALIAS, registry.time.clock(), registry.tenants, enabled=False)
    assert isinstance(registry.house.storage, MemoryStorage)
    assert {ref.kind for ref in registry.house.storage.records} == {DIGEST_KEY}


async def test_callbacks_of_a_site_erased_meanwhile_do_nothing() -> None:
    """A process that has seen the tenant a moment ago brings nothing back of it."""
    registry = await opened()
    tenant = await registry.install()
    await registry.house.storage.erase(tenant)
    registry.time.go_on(seconds=1)
    await uninstall_app(ALIAS, registry.time.clock(), registry.tenants)
    await switch_app(ALIAS, registry.time.clock(), registry.tenants, enabled=False)
    assert await registry.house.storage.erase(tenant) == 0


async def test_nothing_is_stored_while_a_key_manager_is_out() -> None:
    """A new installation is refused whole where a key manager does not wrap, and succeeds when it is back."""
    registry = await opened()
    manager = FakeKeyManager()
    house = registry.house
    vault = KeyVault(
        house.vault_storage,
        [manager],
        clock=house.time.clock,
        monotonic=house.time.monotonic,
        random=house.random,
    )
    registry.tenants = Tenants(house.records, vault, house.ids, house.time.monotonic, registry.digests)
    manager.failure = Unavailable("out")
    assert isinstance(house.storage, MemoryStorage)
    assert isinstance(house.vault_storage, MemoryStorage)
    await registry.digests.digest(SYSTEM, "any", "text")
    before = dict(house.storage.records), dict(house.vault_storage.records)
    with pytest.raises(Unavailable):
        await registry.install()
    assert (house.storage.records, house.vault_storage.records) == before
    manager.failure = None
    await registry.install()
    assert is_served(await registry.tenant())


async def test_two_processes_install_one_site_at_once() -> None:
    """The same callback handled twice at once begins one life only."""
    registry = await opened()
    neighbour = registry.neighbour()
    registry.time.go_on(seconds=1)
    told = registry.installation()
    one, other = await asyncio.gather(
        install_app(told, registry.tenants, registry.time.clock),
        install_app(told, neighbour.tenants, registry.time.clock),
    )
    assert one == other
    assert [tenant.id async for tenant in registry.tenants.everyone()] == [one]


@pytest.mark.parametrize("harm", Harm)
@pytest.mark.parametrize("call", range(1, 12))
async def test_a_repeated_installation_heals_every_crash(call: int, harm: Harm) -> None:
    """Whichever call fails or is the process's last, the repeated callback succeeds and begins one life only."""
    house = House()
    await house.vault.create(SYSTEM)
    struck = Registry(house.neighbour(FlakyStorage(house.storage, Fault(call, harm)), seed="struck"))
    struck.time.go_on(seconds=1)
    told = struck.installation()
    with suppress(Unavailable, Died):
        await install_app(told, struck.tenants, struck.time.clock)
    healthy = Registry(house.neighbour(seed="healthy"))
    tenant = await install_app(told, healthy.tenants, healthy.time.clock)
    assert is_served(await healthy.tenant())
    assert [found.id async for found in healthy.tenants.everyone()] == [tenant]
