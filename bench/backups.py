"""Snapshots and restores of a whole site, beside restic on the same bytes, on the same disk, in the same run.

restic gets the objects of the snapshot as files: the same bytes, which are sealed, so that its compression is off. Each
of its runs derives a key first and begins an empty repository, as each of ours begins an empty storage. Nobody drops
the caches: both read what has been written a moment ago. Nothing of restic's is records that can be asked for one by
one, which is what ours take most of their time for.

The rows of the site set the same snapshot and restore beside what restic takes for the site's file. Most of that file
is the index from issues to panoramas, of which a snapshot holds nothing and which a restored site makes afterwards: so
they are no figures that a target is held against.
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
from application.panoramas.index_tidying import MADE, IndexTidying
from application.restore.site import Prepared, SiteRestore
from bench.figures import Measured, Row, Target, figure
from bench.population import populate
from bench.scale import Scale, Sizes
from domain.backups.manifests import Manifest
from domain.epochs import FIRST
from entrypoints.configuration_file import Settings, embedded
from entrypoints.container import Sources, opened, opened_backups
from entrypoints.restoring import opened_restore

_ENTRIES: Final = 1_000
"""How many entries the index of a tenant has: one for each node."""

_GIVEN: Final = os.environ.get("PANORAMA_BENCH_TENANTS")

TENANTS: Final = Sizes(full=int(_GIVEN or 2_000), quick=int(_GIVEN or 40))
"""Each has ten panoramas of a hundred nodes."""

_TURNS: Final = Sizes(full=3, quick=2)
_MEGABYTE: Final = 1_000_000
_TARGET: Final = "target"

_INDEXING: Final = Sizes(full=10, quick=3)
"""For how many seconds the restored site makes its index: all of it takes minutes."""

TARGETS: Final = (
    Target("snapshot", "x-restic", ">=", 2.0),
    Target("restore", "x-restic", ">=", 2.0),
)


class _Restic(NamedTuple):
    """Seconds that restic takes."""

    backup: float
    restore: float


class _Rates(NamedTuple):
    """Megabytes a second, of the bytes that a snapshot has."""

    snapshot: float
    restore: float
    read_back: float
    """The restore, and opening all of it."""

    restic_backup: float
    restic_restore: float


def measure_backups(folder: Path, scale: Scale) -> Measured:
    """Take a snapshot and restore it, by turns with restic; of each the best turn counts."""
    source = embedded({"PANORAMA_DATA": str(folder / "source")})
    tenants = TENANTS.at(scale)
    asyncio.run(populate(source, tenants))
    (folder / "bytes").mkdir()
    size = asyncio.run(_shipped(source, folder / "bytes"))
    turns = [_turn(folder, source, size) for _ in range(_TURNS.at(scale))]
    made = asyncio.run(_index_made(_target(folder, source), _INDEXING.at(scale)))
    whole = _restic(folder, _storage(source))
    best = _Rates(*(max(values) for values in zip(*turns, strict=True)))
    snapshot, restore = (size / _MEGABYTE / rate for rate in (best.snapshot, best.restore))
    rows = [
        Row("restic backup", best.restic_backup, "MB/s"),
        Row("snapshot", best.snapshot, "MB/s"),
        Row("restic restore", best.restic_restore, "MB/s", best.restic_restore),
        Row("restore", best.restore, "MB/s", best.restic_restore),
        Row("restore, and everything opened", best.read_back, "MB/s", best.restic_restore),
        Row("restic backup of the site's file", whole.backup, "s", whole.backup),
        Row("snapshot of the site", snapshot, "s", whole.backup),
        Row("restic restore of the site's file", whole.restore, "s", whole.restore),
        Row("restore of the site, without its index", restore, "s", whole.restore),
        Row("restore of the site, and its index made", _indexed(restore, tenants, made), "s", whole.restore),
        Row("index made afterwards", made, "entries/s", made),
    ]
    figures = [
        figure(TARGETS, "snapshot", best.snapshot / best.restic_backup),
        figure(TARGETS, "restore", best.restore / best.restic_restore),
    ]
    return Measured(_title(size, source, tenants), rows, figures)


def _title(size: int, source: Settings, tenants: int) -> str:
    stored = _storage(source).stat().st_size
    amount = f"{tenants:,} tenants, {tenants * 10:,} panoramas, {tenants * 1000:,} nodes"
    return f"{amount}: a file of {stored / _MEGABYTE:,.0f} MB, a snapshot of {size / _MEGABYTE:,.0f} MB"


def _storage(source: Settings) -> Path:
    return source.data / "storage.db"


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
    seconds = (snapshot, restore, read_back, *_restic(folder, folder / "bytes"))
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
    shutil.rmtree(folder / _TARGET, ignore_errors=True)
    target = _target(folder, source)
    written = 0.0
    began = time.perf_counter()

    def told(done: int, total: int) -> None:
        nonlocal written
        if done == total:
            written = time.perf_counter() - began

    async with opened_restore(target, source, lambda _: None) as restoring:
        await _run(restoring, await restoring.prepare(None), told)
    return written, time.perf_counter() - began


def _target(folder: Path, source: Settings) -> Settings:
    """Return the site that is restored into, which has the keyring of the other."""
    keys = f"file:{source.data}/keyring"
    return embedded({"PANORAMA_DATA": str(folder / _TARGET), "PANORAMA_SITES__LOCAL__KEYS": keys})


def _indexed(restore: float, tenants: int, made: float) -> float | None:
    """Return the seconds until a restored site has its index, or None where no entry was made."""
    return restore + tenants * _ENTRIES / made if made else None


async def _index_made(target: Settings, seconds_given: int) -> float:
    """Let a restored site make its index for a while; return how many entries it makes in a second."""
    ending = asyncio.Event()
    async with opened(target) as services:
        asyncio.get_running_loop().call_later(seconds_given, ending.set)
        began = time.perf_counter()
        ran = await services.maintenance.run(lambda *_: None, ending, [IndexTidying.name])
        seconds = time.perf_counter() - began
    outcome = ran[IndexTidying.name]
    return 0.0 if outcome is None else outcome.report.done.get(MADE, 0) / seconds


async def _run(restoring: SiteRestore, prepared: Prepared, told: Callable[[int, int], None]) -> None:
    await restoring.run(prepared, FIRST, told)


def _restic(folder: Path, content: Path) -> _Restic:
    """Back something up into an empty repository, and restore it."""
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
    return _Restic(restic("backup", str(content)), restic("restore", "latest", "--target", str(restored)))
