"""How far the reports of each tenant's accounts are: one record a tenant, which is due when the next one is."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from msgspec import structs

from application.sealing.records import Held, Records, Write
from domain.accounts import Cycle, first_cycle
from domain.ids import TenantId
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import ABSENT, Ref

CYCLE: Final = "account-report"
"""The kind of the records that say how far the reports of a tenant's accounts are."""

_ONLY: Final = "1"


class Cycles:
    """Keeps the cycles of all tenants. Raises what `Records` raises."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def start(self, tenant: TenantId) -> None:
        """Have the tenant's accounts reported from now on; nothing happens where they are already."""
        if await self._records.storage.get(_ref(tenant)) is None:
            cycle = first_cycle(self._clock())
            with suppress(Conflict):
                await self._records.put(Write(_ref(tenant), ABSENT + 1, cycle, due=cycle.due))

    async def get(self, tenant: TenantId) -> Held[Cycle] | None:
        """Return how far the reports are; None for a tenant that has no users yet."""
        return await self._records.get(_ref(tenant), Cycle)

    async def replace(self, held: Held[Cycle], cycle: Cycle, look: datetime) -> Held[Cycle]:
        """Put `cycle` in the place of what is held, to be looked at next at `look`; return what is held then.

        Raises Conflict where somebody else has gone on with it meanwhile.
        """
        await self._records.put(Write(held.ref, held.rev + 1, cycle, due=look))
        return structs.replace(held, rev=held.rev + 1, value=cycle, due=look)


def _ref(tenant: TenantId) -> Ref:
    return Ref(tenant, CYCLE, _ONLY)
