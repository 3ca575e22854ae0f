"""Sealing records anew under a new data key, beside reading and replacing them without opening any."""

import asyncio
import os
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from application.keys.lifecycle import LifeCycle
from application.sealing.courtesy import Courtesy
from application.sealing.records import Records, Write
from application.sealing.resealing import BATCH, Resealing
from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from domain.ids import TenantId
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened_site
from ports.storage import Ref, Storage

_RECORDS: Final = Sizes(full=20_000, quick=4_000)
_CONTENT: Final = 200
"""As many bytes as a change has."""

_OURS: Final = TenantId("a" * 24)
_BARE: Final = TenantId("b" * 24)
_TURNS: Final = Sizes(full=7, quick=3)

TARGETS: Final = (Target("sweep_of_small_records", "x-adapter-scan-and-replace", ">=", 0.5),)


def measure_resealing(folder: Path, scale: Scale) -> Measured:
    """Sweep one tenant with keys and another without, by turns; of each the best turn counts."""
    ours, bare = asyncio.run(_measured(folder, scale))
    rows = [
        Row("read and replaced as they are", bare, "records/s"),
        Row("sealed anew", ours, "records/s"),
    ]
    figures = [figure(TARGETS, "sweep_of_small_records", ours / bare)]
    return Measured(f"A sweep of {_RECORDS.at(scale):,} records, SQLite", rows, figures)


async def _measured(folder: Path, scale: Scale) -> tuple[float, float]:
    sources = Sources()
    clock, random = sources.clock(), sources.random()
    async with opened_site(embedded({"PANORAMA_DATA": str(folder)})) as outside:
        storage, vault = outside.storage, outside.vault
        records = Records(storage, vault, clock, random)
        lifecycle = LifeCycle(vault, clock, random)
        resealing = Resealing(storage, vault, random, Courtesy(sources.monotonic(), sources.sleep()))
        for tenant in (_OURS, _BARE):
            await vault.create(tenant)
            await _fill(records, tenant, _RECORDS.at(scale))
        ours, bare = 0.0, 0.0
        for generation in range(2, 2 + _TURNS.at(scale)):
            await lifecycle.renew(_OURS, await vault.generations.of(_OURS))
            ours = max(ours, await _rate(_sealed_anew(resealing, generation)))
            bare = max(bare, await _rate(_replaced(storage, generation)))
        return ours, bare


async def _fill(records: Records, tenant: TenantId, count: int) -> None:
    for start in range(0, count, BATCH):
        refs = [Ref(tenant, "change", f"{number:012d}") for number in range(start, start + BATCH)]
        await records.put_many([Write(ref, 1, os.urandom(_CONTENT)) for ref in refs])


async def _rate(sweep: Awaitable[int]) -> float:
    began = time.perf_counter()
    count = await sweep
    return count / (time.perf_counter() - began)


async def _sealed_anew(resealing: Resealing, generation: int) -> int:
    count = 0
    while not (batch := await resealing.some(_OURS, generation)).was_last:
        count += batch.sealed
    return count


async def _replaced(storage: Storage, generation: int) -> int:
    count = 0
    while found := await storage.sealed_below(_BARE, generation, BATCH):
        await storage.put_many([replace(record, rev=record.rev + 1, generation=generation) for record in found])
        count += len(found)
    return count
