"""A rotation of data keys at another process, between the steps of whatever goes on at this one."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from domain.ids import TenantId
from tests.fakes.flaky import READS, WRITES, FlakyStorage
from tests.fakes.house import TENANT, House

T = TypeVar("T")


class Rotating(FlakyStorage):
    """From some step on, has `rotation` happen before each call, as another process does meanwhile."""

    begins = 1
    """The first call of those counted before which it happens, counted from 1."""

    counted = READS | WRITES
    rotation: Callable[[], Awaitable[None]] | None = None

    def made(self) -> int:
        """Return how many of the calls that count have been made."""
        return sum(step in self.counted for step in self.steps)

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        if self.rotation is not None and self.made() + 1 >= self.begins:
            await self.rotation()
        return await super()._step(method, call, half)


async def sweep(house: House, tenant: TenantId = TENANT) -> int:
    """Seal everything of a tenant under its newest generation; return how many records that were."""
    sealed, newest = 0, max(each.number for each in await house.vault.generations.of(tenant))
    while not (batch := await house.resealing.some(tenant, newest)).was_last:
        sealed += batch.sealed
    return sealed


async def rotate(house: House, tenant: TenantId = TENANT) -> None:
    """Have the tenant use a new generation of its data key, of which this process knows nothing yet."""
    await house.keys.lifecycle.renew(tenant, await house.vault.generations.of(tenant))
    await house.keys.lifecycle.retire(tenant, await house.vault.generations.of(tenant))
