"""The past of a panorama as a new panorama, from the backups where its own history does not reach back so far."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.backups.ground import Ground
from application.panoramas.cache import Address
from application.panoramas.copies import CopyRequest, access_of, copied, copy_past
from application.panoramas.founding import Created, first_answer, found, panorama_id
from application.panoramas.read import past_of
from application.panoramas.repository import Panoramas
from application.restore.gathering import Scratch, gather, part_of
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from domain.backups.chains import Chained, arranged
from domain.backups.recovery import Window, windows
from domain.backups.restoring import Plan, planned
from domain.errors import KeyReused, PanoramaMissing, PastOutOfReach, PastUnderWay, VersionMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.access import Access, may_administer
from domain.panoramas.tree import Tree
from ports.errors import Corrupt, NotFound, Unavailable

PATIENCE: Final = 20.0
"""How many seconds a request waits for the backups: fewer than proxies and Jira give it."""

LIMIT: Final = 600.0
"""How many seconds a gathering may take in all."""

AT_ONCE: Final = 2
"""How many gatherings a process has under way."""

IN_FLIGHT: Final = 32 * 1024 * 1024
"""How many bytes of backups one of them has on their way; it holds one pack of about as many besides."""

SEALING: Final = timedelta(seconds=10)
"""A change that was made by the moment counts if it was sealed no more than so much later."""

_NOBODY: Final = Access(frozenset(), frozenset())


class _Job(NamedTuple):
    request: CopyRequest
    task: asyncio.Task[Created]


class PastCopies:
    """Begins panoramas from the past of others; used from one event loop."""

    def __init__(
        self,
        panoramas: Panoramas,
        ground: Ground | None,
        scratch: Callable[[], AbstractAsyncContextManager[Scratch]],
        patience: float = PATIENCE,
        *,
        limit: float = LIMIT,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """Reach into the backups that stand on `ground`; None where there are none."""
        self._limit = limit
        self._in_flight = in_flight
        self._panoramas = panoramas
        self._ground = ground
        self._scratch = scratch
        self._patience = patience
        self._jobs: dict[PanoramaId, _Job] = {}

    async def copy(self, request: CopyRequest) -> Created:
        """Do what `copy_past` does, and for a moment that only backups lead to, take the past from them.

        Whoever may see the panorama today may have that; of a panorama that was discarded its owner, for himself alone.
        Everybody else is told PanoramaMissing, after as much work, whether there ever was one or not.

        Raises PastOutOfReach, with the moments that the backups lead to; PastUnderWay where it takes longer than a
        request may, and what `copy_past` raises. Begun with an idempotency key, the work goes on meanwhile, and a
        repeat waits for the same; else it ends with the request. A repeat after a crash doubles nothing.
        """
        try:
            return await copy_past(request, self._panoramas)
        except VersionMissing:
            if isinstance(request.at, int) or not await self._is_folded(request):
                raise
            at = request.at
        except PanoramaMissing:
            if isinstance(request.at, int) or self._ground is None:
                raise
            at = request.at
        if self._ground is None:
            raise PastOutOfReach("the site has no backups")
        panorama = panorama_id(request, self._panoramas)
        if first := await first_answer(request, panorama, self._panoramas):
            return first
        return await self._waited_for(self._job(request, panorama, at, self._ground))

    async def close(self) -> None:
        """End whatever is under way."""
        tasks = [job.task for job in self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _is_folded(self, request: CopyRequest) -> bool:
        return await self._panoramas.stream.is_folded(request.tenant, request.panorama, 1)

    def _job(self, request: CopyRequest, panorama: PanoramaId, at: datetime, ground: Ground) -> _Job:
        """Return what is under way for the same request, or begin it; raises PastUnderWay where too much is."""
        if job := self._jobs.get(panorama):
            if job.request.fingerprint != request.fingerprint:
                raise KeyReused
            return job
        if len(self._jobs) >= AT_ONCE or any(each.request.tenant == request.tenant for each in self._jobs.values()):
            raise PastUnderWay
        job = self._jobs[panorama] = _Job(request, asyncio.create_task(self._reach(request, panorama, at, ground)))
        job.task.add_done_callback(lambda task: self._ended(panorama, task))
        return job

    async def _waited_for(self, job: _Job) -> Created:
        try:
            done, _ = await asyncio.wait({job.task}, timeout=self._patience)
            if not done:
                raise PastUnderWay
        finally:
            if not job.request.key:
                job.task.cancel()
        return job.task.result()

    def _ended(self, panorama: PanoramaId, task: asyncio.Task[Created]) -> None:
        """Looking at its error keeps asyncio from calling it lost where all who asked went away."""
        del self._jobs[panorama]
        if not task.cancelled():
            task.exception()

    async def _reach(self, request: CopyRequest, panorama: PanoramaId, at: datetime, ground: Ground) -> Created:
        try:
            async with asyncio.timeout(self._limit), self._scratch() as scratch:
                past = await _past(request, at, ground, scratch, self._in_flight)
        except (PanoramaMissing, VersionMissing) as exc:
            await self._panoramas.visible(request.tenant, request.panorama, request.user)
            raise VersionMissing from exc
        except TimeoutError as exc:
            raise Unavailable("the backups take too long") from exc
        facts = copied(panorama, past, request.name, request.user, await self._access(request, past))
        return await found(request, panorama, facts, self._panoramas)

    async def _access(self, request: CopyRequest, past: Tree) -> Access:
        """Return who shall have the copy, and raise PanoramaMissing unless that includes the one who asks.

        An owner may always see what there is, so what is missing for one is gone.
        """
        try:
            return access_of((await self._panoramas.visible(request.tenant, request.panorama, request.user)).tree)
        except PanoramaMissing:
            if may_administer(past.owner, request.user):
                return _NOBODY
            raise


async def _past(request: CopyRequest, at: datetime, ground: Ground, scratch: Scratch, in_flight: int) -> Tree:
    """Gather the past and return the tree of that moment; raises PanoramaMissing, VersionMissing, PastOutOfReach.

    It is gathered up to a little later, so that a change counts that was made by the moment and sealed after it.
    """
    line = await _line(ground, request.tenant)
    plan, beyond, reached = await asyncio.to_thread(_planned, line, at)
    if plan is None:
        raise PastOutOfReach("no backup leads to that moment", reached)
    try:
        await gather(
            Stores(ground.stores), scratch.storage, plan, request.tenant, request.panorama, beyond, in_flight=in_flight
        )
        loaded = await scratch.panoramas.newest(request.tenant, request.panorama)
        return await past_of(Address(request.tenant, request.panorama), loaded, at, scratch.panoramas)
    except (RestoreRefused, Corrupt, NotFound) as exc:
        raise PastOutOfReach("the backups of that moment are damaged", reached) from exc


def _planned(line: Sequence[Chained], at: datetime) -> tuple[Plan | None, datetime, tuple[Window, ...]]:
    """Return what is gathered, up to when, and which moments can be reached at all; a thread's work, for the many."""
    reached = tuple(windows([each.manifest for each in line]))
    if plan := planned(line, at + SEALING):
        return plan, at + SEALING, reached
    return planned(line, at), at, reached


async def _line(ground: Ground, tenant: TenantId) -> list[Chained]:
    """Return the chain as the site's own book has it, and of what it holds only what concerns the tenant.

    There are tens of thousands of manifests, which a store takes minutes to give.
    """
    found_chained = [
        replace(each.chained, manifest=replace(each.manifest, contents=part_of(each.manifest.contents, tenant)))
        async for each in ground.book.after(None)
    ]
    return list(arranged(found_chained).line)
