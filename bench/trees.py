"""Large trees in one process: moves, cold loads, memory, snapshots and batches, on the embedded default."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import Founder, found
from bench.figures import Measured, Row, Target, figure
from bench.furnished import House, furnished
from bench.scale import Scale, Sizes
from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.commands import Add, Move, Place
from domain.panoramas.facts import Added, AnyFact, Kind, Opened, Origin

SMALL: Final = 100
LARGE: Final = Sizes(full=100_000, quick=20_000)
_MOVES: Final = Sizes(full=9_000, quick=2_500)
"""Enough for two snapshots of the large tree."""

_BATCH: Final = 5_000
_CHILDREN: Final = 100
_ONE_GROUP_IN: Final = 10
_TITLE: Final = "Group number {}"
_BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
_YEARS: Final = 2 * 365 * 24 * 60 * 60
"""In seconds."""

_PEOPLE: Final = 40


TARGETS: Final = (
    Target("move_100000_nodes", "x-move-in-100-nodes", "<=", 3),
    Target("cold_load_100000_nodes", "s", "<=", 0.5),
    Target("resident_memory", "bytes/node", "<=", 400),
    Target("snapshot_size", "bytes/node", "<=", 30),
    Target("batch_5000_actions", "s", "<=", 1),
)
"""Called after the full sizes, at either scale."""


def measure_trees(folder: Path, scale: Scale) -> Measured:
    """Measure the large tree, with the small one as the yardstick for moves."""
    return asyncio.run(_measure(folder, LARGE.at(scale), _MOVES.at(scale)))


async def _measure(folder: Path, nodes: int, moves: int) -> Measured:
    async with furnished(folder) as house:
        small, large = await planted(house, SMALL), await planted(house, nodes)
        small_move = await moved(house, small, moves)
        large_move = await moved(house, large, moves)
        batch = await _batch(house)
        snapshot = await _snapshot_size(house, large, nodes)
    loads = [await _cold_load(folder, large) for _ in range(3)]
    resident = _resident(folder, small, large, nodes)
    rows = [
        Row(f"move in a panorama of {SMALL} nodes", small_move * 1e3, "ms"),
        Row(f"move in a panorama of {nodes:,} nodes", large_move * 1e3, "ms"),
        Row(f"cold load of {nodes:,} nodes", min(loads) * 1e3, "ms"),
        Row(f"batch of {_BATCH:,} actions", batch * 1e3, "ms"),
    ]
    figures = [
        figure(TARGETS, "move_100000_nodes", large_move / small_move),
        figure(TARGETS, "cold_load_100000_nodes", min(loads)),
        figure(TARGETS, "resident_memory", resident),
        figure(TARGETS, "snapshot_size", snapshot),
        figure(TARGETS, "batch_5000_actions", batch),
    ]
    return Measured("Large trees, storage included", rows, figures)


async def planted(house: House, nodes: int) -> PanoramaId:
    """Begin a panorama of so many nodes: one in ten is a group, and some groups have a hundred children."""
    panorama, root = house.ids.panorama(), house.ids.node()
    facts = (Opened(panorama, root, "Bench", house.user), *_nodes(root, nodes))
    await found(Founder(house.tenant, house.user), panorama, facts, house.panoramas)
    await house.panoramas.close()
    return panorama


def _nodes(root: NodeId, count: int) -> Iterator[AnyFact]:
    """Nodes as years of work leave them: made at any time by several people, their issues in no order."""
    chance = random.Random(count)
    groups = [root]
    for number in range(count):
        parent = groups[number // _CHILDREN]
        node = NodeId(f"{chance.randrange(_YEARS):08x}5b3640f8f4{number:06x}")
        made = _BEGIN + timedelta(milliseconds=chance.randrange(_YEARS * 1_000))
        origin = Origin(UserId(f"{chance.randrange(_PEOPLE):024x}"), made, made)
        if number % _ONE_GROUP_IN == 0:
            groups.append(node)
            yield Added(node, Kind.GROUP, parent, title=_TITLE.format(chance.randrange(10**6)), origin=origin)
        else:
            yield Added(node, Kind.ISSUE, parent, issue=IssueId(chance.randrange(10**8)), origin=origin)


async def moved(house: House, panorama: PanoramaId, moves: int) -> float:
    """Return the seconds that one of so many moves takes, snapshots included."""
    tree = (await house.panoramas.newest(house.tenant, panorama)).tree
    leaves = [node.id for node in tree.walk() if not node.children]
    began = time.perf_counter()
    for number in range(moves):
        node, after = leaves[number * 7 % len(leaves)], leaves[number * 31 % len(leaves)]
        request = EditRequest(house.tenant, panorama, house.user, commands=(Move(node, Place(None, after)),))
        await edit_panorama(request, house.panoramas)
    await house.panoramas.close()
    return (time.perf_counter() - began) / moves


async def _batch(house: House) -> float:
    """Return the seconds that one batch of additions takes, in a panorama of its own."""
    panorama = await planted(house, 1_000)
    commands = tuple(Add(Kind.ISSUE, Place(), issue=IssueId(900_000 + number)) for number in range(_BATCH))
    began = time.perf_counter()
    await edit_panorama(EditRequest(house.tenant, panorama, house.user, commands=commands), house.panoramas)
    return time.perf_counter() - began


async def _snapshot_size(house: House, panorama: PanoramaId, nodes: int) -> float:
    """Return the sealed bytes of the newest snapshot for each node."""
    header = await anext(house.panoramas.snapshots.headers(house.tenant, panorama, 10**9))
    prefix = f"{panorama}/{header.value.version:012d}/{header.value.pieces.id}/"
    parts = await house.storage.scan(house.tenant, "snapshot-part", prefix=prefix)
    return (header.sealed + sum(len(part.body or b"") for part in parts)) / nodes


async def _cold_load(folder: Path, panorama: PanoramaId) -> float:
    """Return the seconds that a fresh process's first look at the panorama takes, with its keys in memory."""
    async with furnished(folder) as house:
        began = time.perf_counter()
        await house.panoramas.newest(house.tenant, panorama)
        return time.perf_counter() - began


def _resident(folder: Path, small: PanoramaId, large: PanoramaId, nodes: int) -> float:
    """Return the bytes by which a process grows for each node of the tree that it keeps."""
    command = [sys.executable, "-m", "bench.resident", str(folder), small, large]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / nodes
