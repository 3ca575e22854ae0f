"""The blind index: names under which an issue can be looked up, that say nothing to whoever lacks the tenant's keys.

Neither its keys nor what is named by them is part of any backup: a site that is restored, or takes over, has no index
at first, and makes one of its own. Until that is whole, nobody may rely on it.
"""

import hmac
from collections.abc import Callable
from typing import Final

from application.keys.freshness import FreshMemory
from application.keys.vault import KEY_LIFETIME, REMEMBERED
from application.panoramas.stream import CHANGE
from application.sealing.records import Records, Write
from domain.epochs import FIRST
from domain.ids import IssueId, TenantId
from domain.index_keys import IndexKey, are_whole, in_use
from ports.errors import Conflict, ReadOnly
from ports.key_checks import PLAIN_SIZE
from ports.sources import Clock, Monotonic, Random
from ports.storage import ABSENT, Ref, Shipping

INDEX_KEY: Final = "index-key"
"""The kind of the sealed records that hold a tenant's index keys, one for each generation."""


class IndexSecret(IndexKey, frozen=True, kw_only=True):
    """One generation of an index key with the key itself."""

    secret: bytes

    def __repr__(self) -> str:
        """Leave out the key, so that no log and no traceback holds it."""
        return f"IndexSecret(number={self.number})"

    def digest(self, issue: IssueId) -> str:
        """Return the issue's name under this key."""
        return f"{self.number}.{hmac.digest(self.secret, str(issue).encode('ascii'), 'sha256').hex()}"


class BlindIndex:
    """Digests issue ids with HMAC-SHA256 (RFC 2104) under a random key of each tenant, which is made at first use.

    A digest reads `<generation>.<hex>`. Index keys are remembered for at most 300 seconds. Raises what `Records`
    raises.
    """

    def __init__(
        self,
        records: Records,
        clock: Clock,
        monotonic: Monotonic,
        random: Random,
        epoch: Callable[[], int] = lambda: FIRST,
    ) -> None:
        """Remember keys for the epoch alone that `epoch` returns: a site that writes again may have been made anew."""
        self._records = records
        self._clock = clock
        self._random = random
        self._epoch = epoch
        self._keys = FreshMemory[tuple[int, TenantId], list[IndexSecret]](
            monotonic, lifetime=KEY_LIFETIME, bound=REMEMBERED
        )

    async def digest(self, tenant: TenantId, issue: IssueId) -> str:
        """Return the name for a new entry: the one under the generation that is in use."""
        return in_use(await self._all_keys(tenant)).digest(issue)

    async def digests(self, tenant: TenantId, issue: IssueId) -> list[str]:
        """Return every name that an entry may have, one for each generation, oldest first.

        Whoever looks them up in this order misses none: an entry under an older one stays until it is there anew. Where
        there is no key, and this site takes no changes, there is no entry either, and so no name.
        """
        try:
            keys = await self._all_keys(tenant)
        except ReadOnly:
            return []
        return [key.digest(issue) for key in keys]

    async def is_whole(self, tenant: TenantId) -> bool:
        """Whether looking an issue up by all of its names misses nothing."""
        try:
            return are_whole(await self._all_keys(tenant))
        except ReadOnly:
            return False

    async def begin(self, tenant: TenantId) -> None:
        """Make the tenant's first index key, unless there is one.

        One that is made before the tenant's first panorama has an index that is whole from the beginning.
        """
        await self._all_keys(tenant)

    async def close(self) -> None:
        """Forget every index key."""
        await self._keys.close()

    async def _all_keys(self, tenant: TenantId) -> list[IndexSecret]:
        return await self._keys.get((self._epoch(), tenant), lambda: self._find_or_make(tenant))

    async def _find_or_make(self, tenant: TenantId) -> list[IndexSecret]:
        found = await self._find(tenant)
        if found:
            return found
        now, is_new = self._clock(), not await self._records.storage.scan(tenant, CHANGE, limit=1)
        first = IndexSecret(1, now, used=now, whole=is_new, secret=self._random(PLAIN_SIZE))
        try:
            await self._records.put(index_key_write(tenant, ABSENT + 1, first))
        except Conflict:
            return await self._find(tenant)
        return [first]

    async def _find(self, tenant: TenantId) -> list[IndexSecret]:
        return [held.value for held in await self._records.scan(tenant, INDEX_KEY, IndexSecret)]


def index_key_ref(tenant: TenantId, number: int) -> Ref:
    """Return where an index key is stored."""
    return Ref(tenant, INDEX_KEY, f"{number:06d}")


def index_key_write(tenant: TenantId, rev: int, key: IndexSecret) -> Write:
    """Return how an index key is stored: no backup ever holds it."""
    return Write(index_key_ref(tenant, key.number), rev, key, shipping=Shipping.NEVER)
