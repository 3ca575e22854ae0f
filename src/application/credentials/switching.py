"""A storage whose address is kept among the secrets: it follows to the newest version while it is in use."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, TypeVar

from application.credentials.kept import Kept, KeptAddress
from ports.edges import port_errors_only
from ports.errors import InvalidArgument, PermissionDenied, PortError, Unavailable
from ports.sources import Monotonic, Random, Sleep
from ports.storage import SCAN_LIMIT, Record, Ref, Row, Storage

T = TypeVar("T")

_REST: Final = 1.0
"""For how many seconds a storage that refuses everything is not asked again for another way in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Where the address is kept, what can be done with it, and when to look for a newer version."""

    kept: KeptAddress
    open: Callable[[str], Awaitable[Storage]]
    """Opens an address and has asked it something by then; raises PermissionDenied where its login is refused."""

    leads_alike: Callable[[str, str], bool]
    """Whether two addresses lead to the same data, whoever logs in."""

    poll: float
    """The most seconds until somebody looks."""

    monotonic: Monotonic
    random: Random
    sleep: Sleep


async def open_following(following: Following) -> "SwitchingStorage":
    """Open the newest version of the address, or the one before it where the newest is refused, and go on following.

    Raises what reading and opening the newest raises.
    """
    kept = await following.kept.newest()
    try:
        storage = await following.open(kept.address)
    except PermissionDenied:
        before = await following.kept.before(kept.version)
        if before is None or not following.leads_alike(kept.address, before.address):
            raise
        kept, storage = before, await following.open(before.address)
    return SwitchingStorage(storage, kept, following)


class SwitchingStorage:
    """The `Storage` that the newest version of an address leads to.

    When there is a newer version, what it leads to is opened beside the one in use; calls from then on go there, those
    under way end where they began, and then the old one is closed: no call is lost. Where a newer version is refused,
    the one in use goes on. Where the one in use is refused, another way in is looked for at once and the call made
    again there, since what was refused has not been done; a call of several steps ends as Unavailable instead.
    """

    def __init__(self, storage: Storage, kept: Kept, following: Following) -> None:
        """Begin with a version that has been opened, and look for a newer one until the storage is closed."""
        self.capabilities = storage.capabilities
        self._tenure = _Tenure(storage, kept)
        self._following = following
        self._switching = asyncio.Lock()
        self._barred_until = 0.0
        self._trouble: PortError | None = None
        self._ending: dict[_Tenure, asyncio.Task[None]] = {}
        self._follower = asyncio.create_task(self._follow())

    async def look(self) -> None:
        """Switch to the newest version unless it is in use.

        Raises PermissionDenied where it is refused, InvalidArgument where it leads to other data, and what reading the
        secret and opening the address raises; then the version in use goes on.
        """
        async with self._switching:
            newest = await self._following.kept.newest()
            if newest.version != self._tenure.kept.version:
                await self._switch(newest)

    async def check_following(self) -> None:
        """Return when the newest version was in use as it was last looked for; raise what was in the way otherwise."""
        if self._trouble is not None:
            raise self._trouble

    async def get(self, ref: Ref) -> Record | None:
        return await self._call(lambda storage: storage.get(ref))

    async def put(self, record: Record) -> None:
        await self._call(lambda storage: storage.put(record))

    async def put_many(self, records: Sequence[Record]) -> None:
        await self._call(lambda storage: storage.put_many(records), one_step=False)

    async def delete(self, ref: Ref, rev: int) -> None:
        await self._call(lambda storage: storage.delete(ref, rev))

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        await self._call(lambda storage: storage.mark_shipped(revisions))

    async def apply(self, rows: Sequence[Row]) -> None:
        await self._call(lambda storage: storage.apply(rows))

    async def scan(
        self,
        tenant: str,
        kind: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = SCAN_LIMIT,
        reverse: bool = False,
    ) -> list[Record]:
        return await self._call(
            lambda storage: storage.scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse)
        )

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        return await self._call(lambda storage: storage.everything(limit, after=after, without=without))

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        return await self._call(lambda storage: storage.due(kind, before, limit))

    async def unshipped(self, limit: int) -> list[Record]:
        return await self._call(lambda storage: storage.unshipped(limit))

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        return await self._call(lambda storage: storage.sealed_below(tenant, generation, limit))

    async def holdings(self, tenant: str) -> dict[str, int]:
        return await self._call(lambda storage: storage.holdings(tenant))

    async def erase(self, *tenants: str) -> int:
        return await self._call(lambda storage: storage.erase(*tenants), one_step=False)

    async def check(self) -> None:
        await self._call(lambda storage: storage.check())

    async def close(self) -> None:
        self._follower.cancel()
        with suppress(asyncio.CancelledError):
            await self._follower
        async with self._switching:
            for tenure in self._ending:
                tenure.release()
            await asyncio.gather(*self._ending.values())
            await self._tenure.storage.close()

    async def _follow(self) -> NoReturn:
        """Processes that were started together do not look together: each waits for half of the time and some more."""
        while True:
            share = (256 + self._following.random(1)[0]) / 512
            await self._following.sleep(self._following.poll * share)
            try:
                with port_errors_only():
                    await self.look()
            except PortError as error:
                self._trouble = error
            else:
                self._trouble = None

    async def _call(self, call: Callable[[Storage], Awaitable[T]], *, one_step: bool = True) -> T:
        tenure = self._tenure
        try:
            return await tenure.use(call)
        except PermissionDenied as error:
            if not await self._has_left(tenure):
                raise
            if not one_step:
                raise Unavailable("the login was replaced during the call") from error
        return await self._tenure.use(call)

    async def _has_left(self, refused: "_Tenure") -> bool:
        """Whether another version than the refused one is in use now; looks for one at most once a rest."""
        async with self._switching:
            if self._tenure is refused and self._following.monotonic() >= self._barred_until:
                with suppress(PortError), port_errors_only():
                    await self._evade(refused.kept)
                if self._tenure is refused:
                    self._barred_until = self._following.monotonic() + _REST
            return self._tenure is not refused

    async def _evade(self, refused: Kept) -> None:
        newest = await self._following.kept.newest()
        if newest.version != refused.version:
            await self._switch(newest)
        elif before := await self._following.kept.before(newest.version):
            await self._switch(before)

    async def _switch(self, kept: Kept) -> None:
        old = self._tenure
        if kept.address == old.kept.address:
            old.kept = kept
            return
        if not self._following.leads_alike(old.kept.address, kept.address):
            raise InvalidArgument("the newest version of the address leads elsewhere: start anew to follow it")
        storage = await self._following.open(kept.address)
        self._tenure = _Tenure(storage, kept)
        self._ending[old] = task = asyncio.create_task(old.end())
        task.add_done_callback(lambda _: self._ending.pop(old))


class _Tenure:
    """One opened version of the address, and how many calls are under way on it."""

    def __init__(self, storage: Storage, kept: Kept) -> None:
        self.storage = storage
        self.kept = kept
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def use(self, call: Callable[[Storage], Awaitable[T]]) -> T:
        """Make a call that `end` waits for."""
        self._calls += 1
        self._idle.clear()
        try:
            return await call(self.storage)
        finally:
            self._calls -= 1
            if not self._calls:
                self.release()

    def release(self) -> None:
        """Wait for no call any longer."""
        self._idle.set()

    async def end(self) -> None:
        """Close the storage as soon as no call is under way on it."""
        await self._idle.wait()
        await self.storage.close()
