"""The two steps of replacing a password, each of which can be stopped and repeated at any point.

What a crash leaves behind: before the newest version is put, another user with a password that nobody uses yet, and
that the agreement holds; after it, two users who can log in, of whom the older is disabled when the time has come.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from application.credentials.accounts import Account, Replaceable
from application.credentials.agreements import Agreements
from application.credentials.findings import Stuck, forbidden, newest_refused, refused
from domain.credentials import SECRET_SIZE, password
from domain.ids import SYSTEM
from ports.credentials import Administration
from ports.errors import Conflict, PermissionDenied
from ports.sources import Clock, Random
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

PROBE: Final = "credential-probe"
"""The kind of the one record, in each part, by which it is tried whether a user may read and write."""


class Replacing:
    """Takes the steps. Both return what was done, and raise Stuck and what the ports raise.

    A process that was stopped on its way does nothing more once another version is the newest.
    """

    def __init__(self, agreements: Agreements, clock: Clock, random: Random) -> None:
        self._agreements = agreements
        self._clock = clock
        self._random = random

    async def replace(self, account: Account, held: Replaceable) -> dict[str, int]:
        """Make another password the newest version, once the database lets its user in, read and write.

        Whoever does this at the same time does the same: all use the agreed password.
        """
        newest = held.history.newest
        agreed = await self._agreements.agree(account.part, newest.version, self._new_password())
        target = account.logins.with_password(newest.address, held.next_user, agreed)
        by = await self._administrators(account, newest.address)
        if not account.alternates:
            # Somebody may have changed it, and died before he could tell.
            by = (*by, target)
        changed = await self._change(
            account, held, by, lambda administration: administration.create_or_update(target, newest.address)
        )
        if not changed:
            return {}
        try:
            await self._enter(account, target)
        except PermissionDenied as error:
            raise Stuck(refused(account.part)) from error
        if await self._is_passed(held):
            return {}
        await held.kept.put(target)
        return {"passwords replaced": 1}

    async def settle(self, account: Account, held: Replaceable) -> dict[str, int]:
        """Disable the user before, and have all versions but the newest and the one before destroyed.

        Nobody is disabled before the newest version is seen to let somebody in.
        """
        address = held.history.newest.address
        await self._ensure_entrance(account, held)
        if account.alternates:
            unknown = self._new_password()
            before = account.logins.with_password(address, held.next_user, unknown)
            by = await self._administrators(account, address)
            if not await self._change(
                account, held, by, lambda administration: administration.disable(before, unknown)
            ):
                return {}
        older = held.history.versions[2:]
        for kept in older:
            await held.kept.destroy(kept.version)
        await self._agreements.settle(account.part, held.history.newest.version)
        return {"users disabled": int(account.alternates), "versions of addresses destroyed": len(older)}

    async def _ensure_entrance(self, account: Account, held: Replaceable) -> None:
        """Where the newest version is refused and the one before is its partner's, make its password what it says."""
        address, before = held.history.newest.address, held.history.before
        try:
            return await self._enter(account, address)
        except PermissionDenied as error:
            known = before is not None and account.logins.login(before.address).user == held.next_user
            if before is None or not known or not account.alternates:
                raise Stuck(newest_refused(account.part)) from error
        by = await self._administrators(account, before.address)
        await self._change(
            account, held, by, lambda administration: administration.create_or_update(address, before.address)
        )
        try:
            await self._enter(account, address)
        except PermissionDenied as error:
            raise Stuck(newest_refused(account.part)) from error

    def _new_password(self) -> str:
        return password(self._random(SECRET_SIZE))

    async def _is_passed(self, held: Replaceable) -> bool:
        return (await held.kept.newest()).version != held.history.newest.version

    async def _administrators(self, account: Account, user: str) -> tuple[str, ...]:
        return (user if account.administrator is None else (await account.administrator.newest()).address,)

    async def _change(
        self,
        account: Account,
        held: Replaceable,
        by: Sequence[str],
        call: Callable[[Administration], Awaitable[None]],
    ) -> bool:
        """Make the call as the first of these who may; return False where another version is the newest by then."""
        refusals = []
        for address in by:
            administration = await account.logins.administer(address)
            try:
                if await self._is_passed(held):
                    return False
                await call(administration)
            except PermissionDenied as error:
                refusals.append(error)
            else:
                return True
            finally:
                await administration.close()
        raise Stuck(forbidden(account.part)) from refusals[0]

    async def _enter(self, account: Account, address: str) -> None:
        """Log in by an address, and do what its user is there for; raises PermissionDenied."""
        if not account.alternates:
            administration = await account.logins.administer(address)
            try:
                return await administration.create_or_update(address, address)
            finally:
                await administration.close()
        storage = await account.open(address)
        try:
            return await self._probe(storage, account.part)
        finally:
            await storage.close()

    async def _probe(self, storage: Storage, part: str) -> None:
        ref = Ref(SYSTEM, PROBE, part)
        found = await storage.get(ref)
        rev = ABSENT if found is None else found.rev
        with suppress(Conflict):  # Somebody else has just tried the same.
            await storage.put(Record(ref, rev + 1, b"", self._clock(), shipping=Shipping.NEVER))
