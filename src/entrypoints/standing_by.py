"""What follows the site that writes, and what takes over from it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final

from application.backups.backups import Backups
from application.failover.examination import Examination, Verdict
from application.failover.fence import AnyFence
from application.failover.fenced import FencedStorage
from application.failover.following import Follower
from application.failover.former import NoFormer, OpenFormer, Reach
from application.failover.reports import Steps
from application.failover.standby import Standby
from application.failover.switching import Failover, Trials
from application.failover.trial import Trial, compare, open_keys
from application.restore.checking import Checked, check
from application.restore.sources import Flaw
from application.sealing.records import Records, Write
from domain.epochs import majority
from domain.ids import SYSTEM
from entrypoints.backing_up import backups_of
from entrypoints.clouds import cloud_of_keys, cloud_of_region
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_control, opened_fence, opened_site
from entrypoints.preflight.findings import Finding
from entrypoints.preflight.running import preflight
from entrypoints.restoring import Empty, opened_empty
from ports.errors import NotFound, PortError, Unavailable
from ports.keys import KeyManager
from ports.storage import ABSENT, Ref, Storage

REACH_PATIENCE: Final = 15.0
"""How many seconds the former site has to answer; a cloud that is lost often does not even refuse."""

SMOKE: Final = Ref(SYSTEM, "smoke-test", "1")
"""A record that a failover writes, reads and takes away again."""


@asynccontextmanager
async def opened_follower(target: Settings, source: Settings, told: Callable[[Flaw], None]) -> AsyncIterator[Follower]:
    """Open what keeps the active site of `target` close behind that of `source`; raises what `opened_site` raises."""
    sources = Sources()
    async with opened_control(target) as control, opened_empty(target, source, told) as empty:
        standby = _standby(empty)
        yield Follower(target.configuration.active, standby, control, sources.monotonic(), sources.sleep())


@asynccontextmanager
async def opened_failover(
    target: Settings,
    source: Settings,
    *,
    revoked: str | None,
    flaw: Callable[[Flaw], None],
    told: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> AsyncIterator[Failover]:
    """Open what has the active site of `target` take over from that of `source`; raises what `opened_site` raises."""
    sources = Sources()
    async with AsyncExitStack() as stack:
        control = await stack.enter_async_context(opened_control(target))
        empty = await stack.enter_async_context(opened_empty(target, source, flaw))
        site = target.configuration.active

        async def verdict() -> Verdict:
            return verdict_of((await preflight(target)).findings)

        async def reach(name: str) -> Reach:
            return await _reached(name, source, stack)

        yield Failover(
            Examination(site, control, empty.stores, _standby(empty), verdict, reach),
            _trials(target, empty, stack),
            Steps(sources.monotonic(), told),
            sources.clock(),
            sources.sleep(),
            revoked=revoked,
            progress=progress,
        )


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """Return whether a site can serve: with storage and vault, a key manager, a blob store, and a majority's word.

    What it can do without for a while, because it may lie in the cloud that was lost, is told and does not count.
    """
    parts: dict[str, bool] = {}
    for finding in findings:
        part = finding.part.partition(" at ")[0]
        parts[part] = parts.get(part, True) and finding.go
    down = sorted(part for part, go in parts.items() if not go)
    needed = [part for part in down if part in {"storage", "vault", "secrets"}]
    for kind in ("keys", "blobs", "control"):
        several = [go for part, go in parts.items() if part.startswith(f"{kind} ")]
        if several and sum(several) < (majority(len(several)) if kind == "control" else 1):
            needed.append(f"most of {kind}" if kind == "control" else f"all of {kind}")
    if needed:
        return Verdict(go=False, found=f"{', '.join(needed)} not as they must be")
    said = f"{len(findings)} probes"
    return Verdict(go=True, found=f"{said}; does without {', '.join(down)}" if down else f"{said}, all as expected")


def _standby(empty: Empty) -> Standby:
    outside = empty.outside
    return Standby(empty.restoring, empty.stores, empty.target, empty.records, outside.vault, Sources.clock())


def _trials(target: Settings, empty: Empty, stack: AsyncExitStack) -> Trials:
    outside, sources = empty.outside, Sources()
    fences: list[AnyFence] = []

    async def keys() -> Trial:
        return await open_keys(outside.vault.generations, own_managers(target, outside.keys))

    async def smoke() -> str:
        fences.append(await stack.enter_async_context(opened_fence(target)))
        fenced = FencedStorage(outside.own, fences[0])
        return await smoke_test(Records(fenced, outside.vault, sources.clock(), sources.random()), fences[0].epoch())

    async def ship() -> str:
        fenced = replace(outside, storage=FencedStorage(outside.own, fences[0]))
        return await _shipped(backups_of(target, fenced, fences[0].epoch, sources.clock(), sources.random()))

    async def compared(former: Storage) -> Trial:
        return await compare(former, outside.own)

    async def read_back() -> Checked:
        return await check(empty.records, empty.panoramas.loader)

    return Trials(keys, smoke, ship, compared, read_back)


def own_managers(settings: Settings, managers: Sequence[KeyManager]) -> Sequence[KeyManager]:
    """Return those key managers of a site that are in its own cloud; all, where none is known to be."""
    cloud = cloud_of_region(settings.configuration.site.region)
    pairs = zip(managers, settings.keys, strict=True)
    return [manager for manager, address in pairs if cloud_of_keys(address) == cloud] or managers


async def smoke_test(records: Records, epoch: int) -> str:
    """Write a sealed record, read it, take it away; raises what `Records` raises."""
    before = await records.get(SMOKE, int)
    await records.put(Write(SMOKE, (ABSENT if before is None else before.rev) + 1, epoch))
    held = await records.get(SMOKE, int)
    if held is None or held.value != epoch:
        raise Unavailable("what was written is not what is read")
    await records.delete(SMOKE, held.rev)
    return f"a record was written in epoch {epoch}, read and taken away"


async def _shipped(backups: Backups | None) -> str:
    if backups is None:
        return "the site names no blob stores, so it has no backups"
    shipped = await backups.shipper.ship()
    behind = "".join(f"; {store} is behind ({code})" for store, code in sorted(shipped.behind.items()))
    return f"{shipped.records} records in {shipped.segments} segments{behind}"


async def _reached(name: str, source: Settings, stack: AsyncExitStack) -> Reach:
    """Return a way to the site that has made the newest manifest, if it is the one that `source` is about."""
    if name != source.configuration.active:
        return NoFormer(name, "it is not the site that this is to take over from")
    try:
        async with asyncio.timeout(REACH_PATIENCE):
            outside = await stack.enter_async_context(opened_site(source))
    except TimeoutError:
        return NoFormer(name, f"it does not answer in {REACH_PATIENCE:.0f} s")
    except PortError as exc:
        return NoFormer(name, f"it does not answer ({exc.code})")
    sources = Sources()

    def backups(epoch: Callable[[], int]) -> Backups:
        made = backups_of(source, outside, epoch, sources.clock(), sources.random())
        if made is None:
            raise NotFound("the site names no blob stores")
        return made

    return OpenFormer(name, outside.own, backups)
