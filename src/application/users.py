"""Users: from the account id that a token names to the id that everything else refers to."""

from contextlib import suppress
from typing import Final

from application.keys.freshness import FreshMemory
from application.sealing.records import Records, Write
from application.tenants.digests import Digests
from domain.ids import TenantId, UserId
from domain.users import User
from ports.errors import Conflict
from ports.sources import Monotonic
from ports.storage import ABSENT, Ref

USER: Final = "user"
"""The kind of the sealed records that hold one account id each."""

_ID_SIZE: Final = 24
_LIFETIME: Final = 3_600.0
_BOUND: Final = 10_000


class Users:
    """Knows users by an id that follows from the account id under the tenant's digest key.

    So two processes that see an account for the first time agree on its id, and neither the id nor the record's key
    tells the account. Raises what `Records` raises.
    """

    def __init__(self, records: Records, digests: Digests, monotonic: Monotonic) -> None:
        self._records = records
        self._digests = digests
        self._known = FreshMemory[tuple[TenantId, str], UserId](monotonic, lifetime=_LIFETIME, bound=_BOUND)

    async def internal_id(self, tenant: TenantId, account: str) -> UserId:
        """Return the user's id; the user record is there when the call returns."""
        return await self._known.get((tenant, account), lambda: self._find_or_make(tenant, account))

    async def find(self, tenant: TenantId, user: UserId) -> User | None:
        """Return who a user is, None for nobody."""
        held = await self._records.get(Ref(tenant, USER, user), User)
        return None if held is None else held.value

    async def close(self) -> None:
        """Forget every account id."""
        await self._known.close()

    async def _find_or_make(self, tenant: TenantId, account: str) -> UserId:
        user = UserId((await self._digests.digest(tenant, USER, account))[:_ID_SIZE])
        if await self.find(tenant, user) is None:
            await self._make(tenant, User(user, account))
        return user

    async def _make(self, tenant: TenantId, user: User) -> None:
        """A Conflict tells that another process has made the same record meanwhile."""
        with suppress(Conflict):
            await self._records.put(Write(Ref(tenant, USER, user.id), ABSENT + 1, user))
