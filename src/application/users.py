"""Users: from the account id that a token names to the id that everything else refers to."""

from collections.abc import Callable
from typing import Final

from application.accounts.cycles import Cycles
from application.keys.freshness import FreshMemory
from application.sealing.records import Held, Records, Write
from application.tenants.digests import Digests
from domain.errors import TooContended
from domain.ids import TenantId, UserId
from domain.users import User, departed, refreshed, seen
from ports.errors import Conflict
from ports.sources import Clock, Monotonic
from ports.storage import ABSENT, Ref

USER: Final = "user"
"""The kind of the sealed records that hold one account id each."""

_ID_SIZE: Final = 24
_LIFETIME: Final = 3_600.0
_BOUND: Final = 10_000
_TRIES: Final = 10


class Users:
    """Knows users by an id that follows from the account id under the tenant's digest key.

    So two processes that see an account for the first time agree on its id, and neither the id nor the record's key
    tells the account. A record whose account was closed is emptied, not deleted: its key can come back. Raises what
    `Records` raises.
    """

    def __init__(self, records: Records, digests: Digests, monotonic: Monotonic, clock: Clock) -> None:
        self._records = records
        self._digests = digests
        self._clock = clock
        self._cycles = Cycles(records, clock)
        self._known = FreshMemory[tuple[TenantId, str], UserId](monotonic, lifetime=_LIFETIME, bound=_BOUND)

    async def internal_id(self, tenant: TenantId, account: str) -> UserId:
        """Return the user's id; the user record is there when the call returns.

        A process that has seen the account within the hour believes that the record still is.
        """
        return await self._known.get((tenant, account), lambda: self._find_or_make(tenant, account))

    async def id_of(self, tenant: TenantId, account: str) -> UserId:
        """Return the user's id, whether or not there is a user record."""
        return UserId((await self._digests.digest(tenant, USER, account))[:_ID_SIZE])

    async def find(self, tenant: TenantId, user: UserId) -> User | None:
        """Return who a user is, None for nobody."""
        held = await self._held(tenant, user)
        return None if held is None else held.value

    async def page(self, tenant: TenantId, after: UserId, limit: int) -> list[User]:
        """Return up to `limit` users, departed ones too, in the order of their ids, beyond `after`."""
        held = await self._records.scan(tenant, USER, User, after=after or None, limit=limit)
        return [each.value for each in held]

    async def depart(self, tenant: TenantId, user: UserId) -> None:
        """Erase the account of a user; this process forgets it at once, others within the hour."""
        before = await self._change(tenant, user, departed)
        if before is not None and before.account is not None:
            self._known.forget((tenant, before.account))

    async def refresh(self, tenant: TenantId, user: UserId) -> None:
        """Note that what is kept of a user is so now."""
        await self._change(tenant, user, lambda known: refreshed(known, self._clock()))

    async def close(self) -> None:
        """Forget every account id."""
        await self._known.close()

    async def _find_or_make(self, tenant: TenantId, account: str) -> UserId:
        user = await self.id_of(tenant, account)
        if await self.find(tenant, user) is None:
            await self._cycles.start(tenant)
        made = User(user, account, self._clock())
        await self._change(tenant, user, lambda known: seen(known, account, self._clock()), made)
        return user

    async def _change(
        self, tenant: TenantId, user: UserId, change: Callable[[User], User], made: User | None = None
    ) -> User | None:
        """Replace the record by what `change` makes of it, or create it; return what it was, None where there was none.

        A Conflict tells that another process has written the same record meanwhile. Raises TooContended.
        """
        for _ in range(_TRIES):
            held = await self._held(tenant, user)
            before, rev = (None, ABSENT) if held is None else (held.value, held.rev)
            after = made if before is None else change(before)
            if after in (before, None):
                return before
            try:
                await self._records.put(Write(Ref(tenant, USER, user), rev + 1, after))
            except Conflict:
                continue
            return before
        raise TooContended

    async def _held(self, tenant: TenantId, user: UserId) -> Held[User] | None:
        return await self._records.get(Ref(tenant, USER, user), User)
