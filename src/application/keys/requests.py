"""Rotations that somebody asks for: who, why, and which generations; kept for whoever wants to know later."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from application.keys.lifecycle import LifeCycle
from application.maintenance.jobs import Turn
from application.sealing.records import Held, Records, Write
from domain.errors import LimitExceeded
from domain.ids import SYSTEM, TenantId
from domain.keys import active
from ports.errors import Conflict
from ports.sources import Clock, Random
from ports.storage import ABSENT, Ref

REQUEST: Final = "rotation"
"""The kind of the sealed SYSTEM records that hold one request each; due until it has been carried out."""

REASON_LIMIT: Final = 1_000
"""The longest reason, in characters."""

TENANTS: Final = 2_000
"""How many tenants one record names, at the most."""

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When an open request is due, whatever the clock says."""

_ID_SIZE: Final = 4
_BATCH: Final = 100


class RotationRequest(msgspec.Struct, frozen=True):
    """Somebody wants keys replaced before their time."""

    at: datetime
    by: str
    """Who asked, as the machine knows them."""

    reason: str
    suspected: bool
    """Whether the keys may have leaked."""

    generations: dict[TenantId, int]
    """By tenant, the newest generation that is to be replaced; the older ones are too."""

    carried_out: datetime | None = None
    """When every generation had been marked."""


class RotationRequests:
    """Files requests and carries them out: a mark at each generation, upon which the rotation acts.

    A request that was filed is carried out by whoever comes next, so that a crash in the middle does no harm. Raises
    what `Records` and `LifeCycle` raise.
    """

    def __init__(
        self, records: Records, lifecycle: LifeCycle, clock: Clock, random: Random, *, most: int = TENANTS
    ) -> None:
        """One record names at most so many tenants."""
        self._records = records
        self._lifecycle = lifecycle
        self._clock = clock
        self._random = random
        self._most = most

    async def file(self, by: str, reason: str, tenants: Iterable[TenantId], *, suspected: bool) -> int:
        """Keep the request; return how many of the tenants have a key to replace. Raises LimitExceeded."""
        if len(reason) > REASON_LIMIT:
            raise LimitExceeded("reason", REASON_LIMIT)
        newest = {tenant: active(await self._lifecycle.generations.of(tenant)) for tenant in tenants}
        numbers = [(tenant, generation.number) for tenant, generation in newest.items() if generation is not None]
        at = self._clock()
        for start in range(0, len(numbers), self._most):
            request = RotationRequest(at, by, reason, suspected, dict(numbers[start : start + self._most]))
            key = f"{at:%Y%m%dT%H%M%SZ}-{self._random(_ID_SIZE).hex()}"
            await self._records.put(Write(Ref(SYSTEM, REQUEST, key), ABSENT + 1, request, due=_ALWAYS))
        return len(numbers)

    async def carry_out(self, turn: Turn) -> int:
        """Mark every generation of every open request; return how many requests there were."""
        done = 0
        for record in await self._records.storage.due(REQUEST, _ALWAYS, _BATCH):
            held = await self._records.open(record, RotationRequest)
            for tenant, number in held.value.generations.items():
                if turn.is_over():
                    return done
                await self._lifecycle.ask(tenant, number, suspected=held.value.suspected)
            await self._close(held)
            turn.advance()
            done += 1
        return done

    async def everything(self) -> list[RotationRequest]:
        """Return the newest requests, at most 1,000, oldest first."""
        found = await self._records.scan(SYSTEM, REQUEST, RotationRequest, reverse=True)
        return [held.value for held in reversed(found)]

    async def _close(self, held: Held[RotationRequest]) -> None:
        """Losing a race is no loss: what was marked stays marked, and a request that is still open is repeated."""
        with suppress(Conflict):
            closed = replace(held.value, carried_out=self._clock())
            await self._records.put(Write(held.ref, held.rev + 1, closed))
