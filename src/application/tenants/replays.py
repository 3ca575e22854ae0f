"""One use of each token that changes something, across all routes and all processes."""

from datetime import datetime
from typing import Final

from application.sealing.records import Records, Write
from application.tenants.digests import Digests
from domain.ids import SYSTEM
from ports.errors import Conflict
from ports.sources import Random
from ports.storage import ABSENT, Ref, Shipping

USE: Final = "jti"
"""The kind of the records that say which tokens have been used; due when the token has expired anyway."""

_CALL: Final = "jti call"
_NONCE_SIZE: Final = 16


class Replays:
    """Knows which tokens have been used, by a create-only record under each token's digest. Raises what `Records` does.

    The records are the service's own, and not a tenant's: a token that a route takes before it knows the tenant must
    not be good a second time where the tenant is known. They are never shipped, and swept once they are due.
    """

    def __init__(self, records: Records, digests: Digests, random: Random) -> None:
        self._records = records
        self._digests = digests
        self._random = random

    async def claim(self, token_id: str, until: datetime, call: str) -> bool:
        """Use a token that is good until `until`, and return whether the call may go on.

        It may where the token is used for the first time, and where it was used for the same `call` before: whether
        that got as far as its commit cannot be told here, so that it is for the call to answer as it did at first.
        An empty `call` is unlike any other. An error leaves the token used for this call, or not at all.
        """
        ref = Ref(SYSTEM, USE, await self._digests.digest(SYSTEM, USE, token_id))
        bound = bytes.fromhex(await self._digests.digest(SYSTEM, _CALL, call)) if call else b""
        # The nonce keeps two claims of one call apart: a lost answer must not be taken for the other's success.
        claim = self._random(_NONCE_SIZE) + bound
        try:
            await self._records.put(Write(ref, ABSENT + 1, claim, due=until, shipping=Shipping.NEVER))
        except Conflict:
            return bool(bound) and await self._is_bound(ref, bound)
        return True

    async def _is_bound(self, ref: Ref, bound: bytes) -> bool:
        """Whether the token was used for this call; a record that was swept meanwhile is of one that has expired."""
        held = await self._records.get(ref, bytes)
        return held is not None and held.value[_NONCE_SIZE:] == bound
