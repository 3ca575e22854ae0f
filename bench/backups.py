"""Snapshots and restores of a whole site, beside restic on the same bytes, on the same disk, in the same run.

restic gets the objects of the snapshot as files: the same bytes, which are sealed, so that its compression is off. Each
of its runs derives a key first and begins an empty repository, as each of ours begins an empty storage. Nobody drops
the caches: both read what has been written a moment ago. Nothing of restic's is records that can be asked for one by
one, which is what ours take most of their time for.
"""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from application.backups.backups import Backups
from application.backups.names import OBJECTS, named
from application.backups.stores import fetched
from application.maintenance.jobs import Turn
from application.restore.site import Prepared, SiteRestore
from bench.figures import Figure, Measured, Row
from bench.population import populate
from domain.backups.manifests import Manifest
from domain.epochs import FIRST
from entrypoints.configuration_file import Settings, embedded
from entrypoints.container import Sources, opened_backups
from entrypoints.restoring import opened_restore

TENANTS: Final = int(os.environ.get("PANORAMA_BENCH_TENANTS", "2000"))
"""Each has ten panoramas of a hundred nodes."""

_TURNS: Final = 3
_MEGABYTE: Final = 1_000_000


class _Rates(NamedTuple):
    """Megabytes a second, of the bytes that a snapshot has."""

    snapshot: float
    restore: float
    read_back: float
    """The restore, and opening all of it."""

    restic_backup: float
    restic_restore: float


def measure_backups(folder: Path) -> Measured:
    """Take a snapshot and restore it, by turns with restic; of each the best turn counts."""
    source = embedded({"PANORAMA_DATA": str(folder / "source")})
    asyncio.run(populate(source, TENANTS))
    (folder / "bytes").mkdir()
    size = asyncio.run(_shipped(source, folder / "bytes"))
    turns = [_turn(folder, source, size) for _ in range(_TURNS)]
    best = _Rates(*(max(values) for values in zip(*turns, strict=True)))
    rows = [
        Row("restic backup", best.restic_backup, "MB/s"),
        Row("snapshot", best.snapshot, "MB/s"),
        Row("restic restore", best.restic_restore, "MB/s", best.restic_restore),
        Row("restore", best.restore, "MB/s", best.restic_restore),
        Row("restore, and everything opened", best.read_back, "MB/s", best.restic_restore),
    ]
    figures = [
        Figure("snapshot", best.snapshot / best.restic_backup, "x-restic", ">=", 2.0),
        Figure("restore", best.restore / best.restic_restore, "x-restic", ">=", 2.0),
    ]
    title = f"{TENANTS:,} tenants, {TENANTS * 10:,} panoramas, {TENANTS * 1000:,} nodes: {size / _MEGABYTE:,.0f} MB"
    return Measured(title, rows, figures)


async def _shipped(source: Settings, folder: Path) -> int:
    """Ship everything, take a snapshot, and put its objects into a folder; return how many bytes they have."""
    async with _backups(source) as backups:
        await backups.shipper.ship()
        manifest = await _take(backups)
        (store,) = backups.ground.stores
        for piece in manifest.pieces:
            content = await fetched(store, named(OBJECTS, piece), piece)
            await asyncio.to_thread((folder / piece.sha256).write_bytes, content)
        return sum(piece.size for piece in manifest.pieces)


@asynccontextmanager
async def _backups(source: Settings) -> AsyncIterator[Backups]:
    async with opened_backups(source) as backups:
        if backups is not None:
            yield backups


def _turn(folder: Path, source: Settings, size: int) -> _Rates:
    snapshot = asyncio.run(_snapshot(source))
    restore, read_back = asyncio.run(_restore(folder, source))
    restic_backup, restic_restore = _restic(folder)
    seconds = (snapshot, restore, read_back, restic_backup, restic_restore)
    return _Rates(*(size / _MEGABYTE / each for each in seconds))


async def _snapshot(source: Settings) -> float:
    async with _backups(source) as backups:
        began = time.perf_counter()
        await _take(backups)
        return time.perf_counter() - began


async def _take(backups: Backups) -> Manifest:
    """Take a snapshot and return its manifest; raises IndexError where there is none."""
    await backups.snapshotting.take(Turn(Sources.monotonic(), 3600.0))
    manifests = [entry.manifest async for entry in backups.ground.book.after(None)]
    return [each for each in manifests if each.is_snapshot][-1]


async def _restore(folder: Path, source: Settings) -> tuple[float, float]:
    """Restore into an empty site; return the seconds until everything is written, and until everything is opened."""
    data = folder / "target"
    shutil.rmtree(data, ignore_errors=True)
    target = embedded({"PANORAMA_DATA": str(data), "PANORAMA_SITES__LOCAL__KEYS": f"file:{source.data}/keyring"})
    written = 0.0
    began = time.perf_counter()

    def told(done: int, total: int) -> None:
        nonlocal written
        if done == total:
            written = time.perf_counter() - began

    async with opened_restore(target, source, lambda _: None) as restoring:
        await _run(restoring, await restoring.prepare(None), told)
    return written, time.perf_counter() - began


async def _run(restoring: SiteRestore, prepared: Prepared, told: Callable[[int, int], None]) -> None:
    await restoring.run(prepared, FIRST, told)


def _restic(folder: Path) -> tuple[float, float]:
    """Back the same bytes up into an empty repository, and restore them; return the seconds of both."""
    repository, restored = folder / "restic", folder / "restored"
    for each in (repository, restored):
        shutil.rmtree(each, ignore_errors=True)
    environment = {
        **os.environ,
        "RESTIC_REPOSITORY": str(repository),
        "RESTIC_PASSWORD": "bench",
        "RESTIC_COMPRESSION": "off",
        "RESTIC_CACHE_DIR": str(folder / "cache"),
    }

    def restic(*words: str) -> float:
        began = time.perf_counter()
        subprocess.run(["restic", *words], env=environment, check=True, capture_output=True)
        return time.perf_counter() - began

    restic("init", "--repository-version", "2")
    return restic("backup", str(folder / "bytes")), restic("restore", "latest", "--target", str(restored))
