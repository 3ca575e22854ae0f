"""A silent tenant is ended while calls come and processes die: at any step a call wins, and no end is half done."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

import pytest

from application.tenants.silence import ENDED
from domain.ids import SYSTEM
from domain.tenants import Tenant, is_served
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.forge import CLOUD, ForgeOffice
from tests.fakes.house import House
from tests.fakes.retention import Office
from tests.fakes.storage import MemoryStorage

T = TypeVar("T")

OTHER: Final = "cloud-other"
LONG: Final = 10 * 24 - 1
"""Hours of silence after which a tenant ends with one of the next looks."""


class InterruptedStorage(FlakyStorage):
    """A storage in which something else happens before one of the calls."""

    def __init__(self, inner: MemoryStorage) -> None:
        super().__init__(inner)
        self.at = 0
        self.what: Callable[[], Awaitable[object]] | None = None

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        if self.what is not None and len(self.steps) + 1 == self.at:
            what, self.what = self.what, None
            await what()
        return await super()._step(method, call, half)


async def silent(storage: FlakyStorage) -> ForgeOffice:
    """Return a process to which a tenant has been silent for almost long enough."""
    house = House(storage)
    await house.vault.create(SYSTEM)
    forge = ForgeOffice(Office(house))
    await forge.hours(1, CLOUD, OTHER)
    await forge.hours(LONG, OTHER)
    forge.time.go_on(hours=2)
    await forge.call(OTHER)
    storage.steps.clear()
    return forge


def another(forge: ForgeOffice, storage: FlakyStorage, seed: str) -> ForgeOffice:
    """Return a process at what is behind a storage."""
    house = House(storage.inner, forge.house.vault_storage, time=forge.time, seed=seed)
    return ForgeOffice(Office(house))


async def test_a_call_at_any_step_wins() -> None:
    """Whether it comes before the end is written or after it, the tenant is served afterwards, with all it had."""
    at, struck, ends = 1, True, 0
    while struck:
        storage = InterruptedStorage(MemoryStorage())
        forge = await silent(storage)
        tenant = await forge.find()
        storage.steps.clear()
        caller = another(forge, storage, "caller")
        storage.at, storage.what = at, caller.heard
        report = await forge.look()
        struck = storage.what is None
        found = await another(forge, storage, "reader").find()
        assert found.id == tenant.id
        assert is_served(found) == struck
        assert (report.done == {ENDED: 1}) or struck
        ends += report.done == {ENDED: 1}
        at += 1
    assert at > 3
    assert ends, "without a call it ends"


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whichever_step_fails_the_tenant_is_as_before_or_has_ended(harm: Harm) -> None:
    """And another process goes on; a call brings the tenant back in either case."""
    step, struck = 1, True
    while struck:
        storage = FlakyStorage(MemoryStorage())
        forge = await silent(storage)
        storage.plan = (Fault(step, harm),)
        with suppress(Died, PortError):
            await forge.look()
        struck = len(storage.steps) >= step
        survivor = another(forge, storage, "survivor")
        check(await survivor.find())
        await survivor.hours(8, OTHER)
        tenant = await survivor.find()
        check(tenant)
        assert not is_served(tenant), "what was counted is not lost"
        assert (await survivor.heard()).id == tenant.id
        assert is_served(await survivor.find())
        step += 1
    assert step > 3


def check(tenant: Tenant) -> None:
    """A tenant goes on, or has ended as of when it was heard last."""
    assert tenant.forge is not None
    assert tenant.uninstalled in {None, tenant.forge.last_heard}
