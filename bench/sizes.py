"""What is stored of work, and what the backups hold of it, in bytes."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from application.backups.packs import packed
from application.backups.scope import backed_up
from bench.figures import Measured, Row, Target, figure
from bench.furnished import House, furnished
from bench.scale import Scale, Sizes
from bench.trees import moved, planted
from ports import storage

NODES: Final = 1_000
_MOVES: Final = Sizes(full=2_000, quick=1_000)
_COLUMNS: Final = 40
"""About what revision, dates, generation and shipping take of a row, in bytes, beside its reference and its body."""


TARGETS: Final = (Target("stored_of_a_change", "bytes", "<=", 1_000),)


def measure_sizes(folder: Path, scale: Scale) -> Measured:
    """Plant a panorama and move its nodes about; the bytes are those of the records, without any engine's own."""
    return asyncio.run(_measure(folder, _MOVES.at(scale)))


async def _measure(folder: Path, moves: int) -> Measured:
    async with furnished(folder) as house:
        panorama = await planted(house, NODES)
        planting = await _all(house)
        await moved(house, panorama, moves)
        both = await _all(house)
    before = {record.ref: record.rev for record in planting}
    since = [record for record in both if before.get(record.ref) != record.rev]
    rows = [
        Row("stored of a node", _bytes(planting) / NODES, "bytes"),
        Row("stored of a change", _bytes(since) / moves, "bytes"),
        Row("of a node in a backup", _packed(planting) / NODES, "bytes"),
        Row("of a change in a backup", _packed(since) / moves, "bytes"),
    ]
    figures = [figure(TARGETS, "stored_of_a_change", _bytes(since) / moves)]
    return Measured(f"What work leaves behind: {NODES:,} nodes, then {moves:,} moves", rows, figures)


async def _all(house: House) -> list[storage.Row]:
    found = list[storage.Row]()
    while page := await house.storage.everything(1_000, after=found[-1].ref if found else None):
        found += page
    return found


def _bytes(rows: Iterable[storage.Row]) -> int:
    return sum(sum(map(len, row.ref)) + len(row.body or b"") + _COLUMNS for row in rows)


def _packed(rows: list[storage.Row]) -> int:
    return packed(backed_up(rows), os.urandom(8)).piece.size
