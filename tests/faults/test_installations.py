"""Installing and removing the app, and the first sight of a user: every step may fail, every callback comes again."""

from collections.abc import Awaitable, Callable

import pytest

from application.tenants.lifecycle import install_app, switch_app, uninstall_app
from application.users import Users
from domain.ids import TenantId
from domain.tenants import TenantState
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.callbacks import ALIAS, LATER, Seen, digests_of, install_first, installation, seen, tenants_of


async def install_again(house: House) -> object:
    """Install the app again, with another secret."""
    return await install_app(installation("second"), tenants_of(house), house.time.clock)


async def remove(house: House) -> object:
    """Remove the app."""
    await uninstall_app(ALIAS, LATER, tenants_of(house))
    return True


async def disable(house: House) -> object:
    """Disable the app."""
    await switch_app(ALIAS, LATER, tenants_of(house), enabled=False)
    return True


FIRST = Seen(TenantState.INSTALLED, "first")
CALLBACKS: dict[Callable[[House], Awaitable[object]], tuple[Seen | None, Seen]] = {
    install_first: (None, FIRST),
    install_again: (FIRST, Seen(TenantState.INSTALLED, "second")),
    remove: (FIRST, Seen(TenantState.UNINSTALLED, "first")),
    disable: (FIRST, Seen(TenantState.DISABLED, "first")),
}


async def tried(callback: Callable[[House], Awaitable[object]], fault: Fault, where: str) -> bool:
    """Deliver a callback with one fault, check what must hold, deliver it again; whether the fault struck at all."""
    before, after = CALLBACKS[callback]
    records, vault = FlakyStorage(MemoryStorage()), FlakyStorage(MemoryStorage())
    first = House(records, vault)
    await furnish(first, installed=before is not None)
    # A process that has just started: one that holds the data keys in memory does not ask the vault.
    house = House(records, vault, time=first.time, seed="just started")
    flaky = {"records": records, "vault": vault}[where]
    flaky.steps.clear()
    flaky.plan = (fault,)
    answer: object = None
    try:
        answer = await callback(house)
    except (Died, PortError):
        assert len(flaky.steps) >= fault.call
    struck = len(flaky.steps) >= fault.call
    survivor = House(records.inner, vault.inner, time=house.time, seed=f"survivor of {fault.call}")
    expected = (after,) if answer is not None else (before, after)
    assert await seen(survivor) in expected
    again = await callback(survivor)
    assert answer in (None, again)
    assert await seen(survivor) == after
    assert len([tenant async for tenant in tenants_of(survivor).everyone()]) == 1
    return struck


async def furnish(house: House, *, installed: bool) -> None:
    """Give the house its data keys, and the site its first installation."""
    for tenant in (TENANT, TenantId("system")):
        await house.vault.create(tenant)
    if installed:
        await install_first(house)


@pytest.mark.parametrize("where", ["records", "vault"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda callback: callback.__name__)
async def test_a_callback_happens_once_or_not_yet(
    callback: Callable[[House], Awaitable[object]], harm: Harm, where: str
) -> None:
    """Whichever step fails, the site is as before or as after; 204 means after; Jira's repeat makes it so."""
    step = 1
    while await tried(callback, Fault(step, harm, times=20 if step % 2 else 1), where):
        step += 1
    assert step > 1, "no fault has struck"


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_a_user_has_one_id_whatever_fails(harm: Harm) -> None:
    """The first sight of an account may fail at any step; every process knows it by the same id afterwards."""
    step, struck = 1, True
    while struck:
        storage = FlakyStorage(MemoryStorage())
        house = await furnished(storage)
        storage.plan = (Fault(step, harm),)
        user = None
        try:
            user = await users_of(house).internal_id(TENANT, "account")
        except (Died, PortError):
            assert len(storage.steps) >= step
        struck = len(storage.steps) >= step
        survivor = house.neighbour(storage.inner)
        again = await users_of(survivor).internal_id(TENANT, "account")
        assert user in (None, again)
        found = await users_of(survivor).find(TENANT, again)
        assert found is not None
        assert found.account == "account"
        assert again != ANN
        step += 1
    assert step > 2, "no fault has struck"


def users_of(house: House) -> Users:
    """Return what a fresh process knows of users: nothing yet."""
    return Users(house.records, digests_of(house), house.time.monotonic, house.time.clock)
