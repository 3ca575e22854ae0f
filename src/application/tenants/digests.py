"""Names for what a tenant's records must not be called in clear: account ids and ids of tokens."""

import hmac
from typing import Final

import msgspec

from application.keys.freshness import FreshMemory
from application.keys.vault import KEY_LIFETIME, REMEMBERED
from application.sealing.cobblestone import KEY_SIZE
from application.sealing.records import Records, Write
from domain.ids import TenantId
from ports.errors import Conflict, NotFound
from ports.sources import Monotonic, Random
from ports.storage import ABSENT, Ref

DIGEST_KEY: Final = "digest-key"
"""The kind of the one sealed record that holds a tenant's digest key."""

_ONLY: Final = "1"


class _Secret(msgspec.Struct, frozen=True):
    secret: bytes

    def __repr__(self) -> str:
        return "_Secret()"


class Digests:
    """HMAC-SHA256 (RFC 2104) under a random key of each tenant, made at first use and never replaced.

    Unlike the blind index's keys it has no generations, because what is named by it (a user) must never have two
    names. It is sealed under the tenant's data key like everything else, and remembered for at most 300 seconds.
    Raises what `Records` raises.
    """

    def __init__(self, records: Records, monotonic: Monotonic, random: Random) -> None:
        self._records = records
        self._random = random
        self._keys = FreshMemory[TenantId, _Secret](monotonic, lifetime=KEY_LIFETIME, bound=REMEMBERED)

    async def digest(self, tenant: TenantId, purpose: str, text: str) -> str:
        """Return 64 hex characters that stand for `text`; another purpose (a word) gives other ones."""
        key = await self._keys.get(tenant, lambda: self._find_or_make(tenant))
        return hmac.digest(key.secret, f"{purpose} {text}".encode("utf-8", "surrogatepass"), "sha256").hex()

    async def close(self) -> None:
        """Forget every key."""
        await self._keys.close()

    async def _find_or_make(self, tenant: TenantId) -> _Secret:
        found = await self._find(tenant)
        if found is not None:
            return found
        made = _Secret(self._random(KEY_SIZE))
        try:
            await self._records.put(Write(_ref(tenant), ABSENT + 1, made))
        except Conflict as exc:
            found = await self._find(tenant)
            if found is None:
                raise NotFound("the digest key has been erased") from exc
            return found
        return made

    async def _find(self, tenant: TenantId) -> _Secret | None:
        held = await self._records.get(_ref(tenant), _Secret)
        return None if held is None else held.value


def _ref(tenant: TenantId) -> Ref:
    return Ref(tenant, DIGEST_KEY, _ONLY)
