"""What our adapters add to their drivers: each call beside the bare driver's same call, on the same server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

from bench.adapters import blobs, keys, storages
from bench.adapters.pairs import Compared, Pair, compared
from bench.adapters.servers import elsewhere
from bench.figures import Figure, Measured
from tests.servers.ministack import ministack

Opened: TypeAlias = AbstractAsyncContextManager[Sequence[Pair]]

TARGET: Final = 1.15
"""The most that our call may take, in the bare driver's time."""


def measure_adapters(folder: Path) -> Measured:
    """Measure every adapter of storage, blobs and keys, one call after the other and sixteen at once."""
    found = asyncio.run(_measured(folder))
    figures = [
        Figure(f"adapter_{name}_{each.label.replace(' ', '_')}_{each.at_once}", each.ratio, "x-driver", "<=", TARGET)
        for name, several in found.items()
        for each in several
    ]
    rows = [each.row(name) for name, several in found.items() for each in several]
    return Measured("Our adapters beside their drivers", rows, figures)


async def _measured(folder: Path) -> dict[str, list[Compared]]:
    found: dict[str, list[Compared]] = {}
    for name, opened in adapters_of(folder).items():
        async with opened() as pairs:
            found[name] = [each for pair in pairs for each in await compared(pair)]
    return found


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
