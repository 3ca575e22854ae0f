"""What our adapters add to their drivers: each call beside the bare driver's same call, on the same server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

from bench.adapters import blobs, keys, storages
from bench.adapters.pairs import MODES, Compared, Pair, compared
from bench.adapters.servers import elsewhere
from bench.figures import Measured, Target, figure
from bench.scale import Scale
from tests.servers.ministack import ministack

Opened: TypeAlias = AbstractAsyncContextManager[Sequence[Pair]]

TARGET: Final = 1.15
"""The most that our call may take, in the bare driver's time."""


_STORAGE: Final = ("get", "scan of 100", "put", "append")
_BLOBS: Final = ("put of 4 MiB", "get of 4 MiB")
_LARGE: Final = "put of 32 MiB"
_KEYS: Final = ("wrap", "unwrap")

LABELS: Final = {
    "sqlite": _STORAGE,
    "mongo": _STORAGE,
    "dir": (*_BLOBS, _LARGE),
    "s3": (*_BLOBS, _LARGE),
    "gs": (*_BLOBS, _LARGE),
    "file": _KEYS,
    "aws_kms": _KEYS,
    "gcp_kms": _KEYS,
}
"""The calls of each adapter that are compared."""


def targets_of(adapter: str) -> list[Target]:
    """Return what is declared of an adapter's calls: each in each mode, but the largest in one."""
    modes = [(label, MODES if label != _LARGE else MODES[:1]) for label in LABELS[adapter]]
    names = [_name(adapter, label, at_once) for label, each in modes for at_once in each]
    return [Target(name, "x-driver", "<=", TARGET) for name in names]


def _name(adapter: str, label: str, at_once: int) -> str:
    return f"adapter_{adapter}_{label.replace(' ', '_')}_{at_once}"


def measure_one(adapter: str) -> Callable[[Path, Scale], Measured]:
    """Return what measures an adapter: its calls, one after the other and sixteen at once."""

    def measure(folder: Path, scale: Scale) -> Measured:
        found = asyncio.run(_measured(adapters_of(folder)[adapter], scale))
        named = {_name(adapter, each.label, each.at_once): each.ratio for each in found}
        targets = targets_of(adapter)
        figures = [figure(targets, name, ratio) for name, ratio in named.items()]
        return Measured(f"Our adapter {adapter} beside its driver", [each.row(adapter) for each in found], figures)

    return measure


async def _measured(opened: Callable[[], Opened], scale: Scale) -> list[Compared]:
    async with opened() as pairs:
        return [each for pair in pairs for each in await compared(pair, scale)]


def adapters_of(folder: Path) -> dict[str, Callable[[], Opened]]:
    """Return what opens each adapter; its server, where it has one, runs in a process of its own."""
    return {
        "sqlite": lambda: storages.sqlite(folder),
        "mongo": lambda: _with("mongo", storages.mongo),
        "dir": lambda: blobs.directory(folder),
        "s3": lambda: _with_ministack(folder),
        "gs": lambda: _with("gcs", blobs.cloud_storage),
        "file": lambda: keys.keyring(folder),
        "aws_kms": lambda: _with("aws-kms", keys.aws),
        "gcp_kms": lambda: _with("gcp-kms", keys.google),
    }


@asynccontextmanager
async def _with(server: str, opened: Callable[[str], Opened]) -> AsyncIterator[Sequence[Pair]]:
    with elsewhere(server) as address:
        async with opened(address) as pairs:
            yield pairs


@asynccontextmanager
async def _with_ministack(folder: Path) -> AsyncIterator[Sequence[Pair]]:
    with ministack(folder) as server:
        async with blobs.s3(server) as pairs:
            yield pairs
