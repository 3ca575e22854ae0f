"""A token that may be used once is used once."""

from datetime import datetime
from typing import Final

from application.sealing.records import Records, Write
from application.tenants.digests import Digests
from domain.ids import TenantId
from ports.errors import Conflict
from ports.sources import Clock, Random
from ports.storage import ABSENT, Ref, Shipping

USE: Final = "jti"
"""The kind of the records that say which tokens have been used; due when the token has expired anyway."""

REMEMBERED: Final = 100_000
"""How many used tokens a process remembers, at the most; beyond it the oldest are forgotten."""

_CLAIM_SIZE: Final = 16


class Replays:
    """Knows which tokens have been used: in this process all of them, among all processes those that changed something.

    Raises what `Records` raises.
    """

    def __init__(self, records: Records, digests: Digests, clock: Clock, random: Random) -> None:
        self._records = records
        self._digests = digests
        self._clock = clock
        self._random = random
        self._used: dict[tuple[TenantId, str], datetime] = {}

    async def claim(self, tenant: TenantId, token_id: str, until: datetime, *, changes: bool) -> bool:
        """Use a token that is good until `until`, for a call that `changes` something or only reads.

        Return whether nobody has used it before. An error leaves it used.
        """
        if not self._claim_here((tenant, token_id), until):
            return False
        return not changes or await self._claim_everywhere(tenant, token_id, until)

    def _claim_here(self, use: tuple[TenantId, str], until: datetime) -> bool:
        self._forget_expired()
        if use in self._used:
            return False
        self._used[use] = until
        if len(self._used) > REMEMBERED:
            del self._used[next(iter(self._used))]
        return True

    def _forget_expired(self) -> None:
        """From the oldest on: tokens expire about in the order of their use."""
        now = self._clock()
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest] > now:
                return
            del self._used[oldest]

    async def _claim_everywhere(self, tenant: TenantId, token_id: str, until: datetime) -> bool:
        """Each claim is a record unlike any other, so that nobody takes another's for its own."""
        key = await self._digests.digest(tenant, USE, token_id)
        claim = self._random(_CLAIM_SIZE)
        use = Write(Ref(tenant, USE, key), ABSENT + 1, claim, due=until, shipping=Shipping.NEVER)
        try:
            await self._records.put(use)
        except Conflict:
            return False
        return True
