"""How soon edits are answered while the same process replaces the data keys of a thousand tenants."""

import asyncio
import gc
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Final, TypeAlias

import httpx

from application.sealing.records import Records, Write
from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from bench.site import a_machine, a_panorama, client_of, start
from bench.slowness import TooSlow
from domain.ids import TenantId
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened_site
from entrypoints.garbage import leave_alone_what_stays
from entrypoints.sandbox.jira import ConnectSite
from ports.storage import Ref
from tests.processes import Machine, Process

_TENANTS: Final = Sizes(full=1_000, quick=200)
_RECORDS: Final = 400
"""For each tenant."""

_CONTENT: Final = 200
_PANORAMAS: Final = 10
_NODES: Final = 100
_RATE: Final = Sizes(full=200, quick=50)
"""Edits a second."""

_SECONDS: Final = Sizes(full=8, quick=4)
_TURNS: Final = Sizes(full=5, quick=2)
_LATE: Final = 1.5
"""How many times as long the edits without a rotation may take, before the pace counts as not kept."""

_LOOK: Final = 0.1
_SEEN_WITHIN: Final = 120
"""Seconds in which a rotation begins, or ends, on a slow machine too."""

_OFTEN: Final = {"PANORAMA_MAINTENANCE__PAUSE_SECONDS": "1"}
_PROGRESS: Final = re.compile(r'^panorama_job_progress\{job="rotate-data-keys"\} (\S+)', re.MULTILINE)

TARGETS: Final = (Target("edit_p99_during_rotation", "x-p99-without", "<=", 1.5),)

_Panoramas: TypeAlias = Sequence[tuple[str, list[str]]]
"""Ids of panoramas, and of the nodes in each."""


def measure_rotation(folder: Path, scale: Scale) -> Measured:
    """Edit at a fixed rate without a rotation and during one, by turns; of each the best turn counts."""
    with a_machine(folder) as made:
        asyncio.run(_fill(made.data, _TENANTS.at(scale)))
        process = start(made, _OFTEN)
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panoramas = [a_panorama(client, _NODES) for _ in range(_PANORAMAS)]
        quiet, busy, swept = asyncio.run(_measured(made, process, site, panoramas, scale))
    rows = [
        Row("99th percentile without a rotation", quiet * 1e3, "ms"),
        Row("99th percentile during one", busy * 1e3, "ms"),
    ]
    figures = [figure(TARGETS, "edit_p99_during_rotation", busy / quiet)]
    tenants = f"{_TENANTS.at(scale):,} tenants"
    title = f"{_RATE.at(scale)} edits a second; {tenants}' keys replaced, {swept:,.0f} steps a second"
    return Measured(title, rows, figures)


async def _fill(data: Path, tenants: int) -> None:
    sources = Sources()
    async with opened_site(embedded({"PANORAMA_DATA": str(data)})) as outside:
        records = Records(outside.storage, outside.vault, sources.clock(), sources.random())
        for number in range(tenants):
            tenant = TenantId(f"{number:024x}")
            await outside.vault.create(tenant)
            refs = [Ref(tenant, "change", f"{number:012d}") for number in range(_RECORDS)]
            await records.put_many([Write(ref, 1, os.urandom(_CONTENT)) for ref in refs])


async def _measured(
    made: Machine, process: Process, site: ConnectSite, panoramas: _Panoramas, scale: Scale
) -> tuple[float, ...]:
    """Return the two percentiles in seconds, and how many steps a second the rotation made; raises TooSlow."""
    leave_alone_what_stays()
    gc.disable()
    quiet, busy, steps = list[float](), list[float](), list[float]()
    rate, seconds = _RATE.at(scale), _SECONDS.at(scale)
    for _ in range(_TURNS.at(scale)):
        async with made.client(process, site) as client:
            await _until(client, lambda progress: progress == 0)
            await _edited(client, panoramas, rate, 1)
            began = time.monotonic()
            quiet.append(_worst(await _edited(client, panoramas, rate, seconds)))
            check_pace(rate, seconds, time.monotonic() - began)
            made.run("keys", "rotate", "--all", "--reason", "measuring").check_returncode()
            begin = await _until(client, lambda progress: progress > 0)
            began = time.monotonic()
            busy.append(_worst(await _edited(client, panoramas, rate, seconds)))
            steps.append((await _progress(client) - begin) / (time.monotonic() - began))
    return min(quiet), min(busy), min(steps)


def check_pace(rate: int, seconds: int, took: float) -> None:
    """Raise TooSlow where edits at a rate, for so many seconds, took much longer: their percentiles mean nothing."""
    if took > seconds * _LATE:
        message = f"{rate} edits a second were due, and {rate * seconds / took:.0f} were answered"
        raise TooSlow(message)


async def _edited(client: httpx.AsyncClient, panoramas: _Panoramas, rate: int, seconds: int) -> list[float]:
    """Make moves at a fixed rate, however long each takes; return the seconds from when each was due to its answer."""
    began = time.monotonic()

    async def move(number: int) -> float:
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        panorama, nodes = panoramas[number % len(panoramas)]
        place = {"under": None, "after": nodes[(number * 7 + 3) % len(nodes)]}
        action = {"action": "move", "node": nodes[number * 31 % len(nodes)], "place": place}
        answer = await client.post(f"/api/panoramas/{panorama}/changes", json={"actions": [action]})
        answer.raise_for_status()
        return time.monotonic() - due

    async with asyncio.TaskGroup() as group:
        moves = [group.create_task(move(number)) for number in range(rate * seconds)]
    return [move.result() for move in moves]


async def _until(client: httpx.AsyncClient, fits: Callable[[float], bool]) -> float:
    """Wait for a number of steps, and return it; raises TooSlow where it is not seen, as of a rotation already over."""
    ends = time.monotonic() + _SEEN_WITHIN
    progress = await _progress(client)
    while not fits(progress):
        if time.monotonic() > ends:
            message = f"no such progress of a rotation was seen in {_SEEN_WITHIN} s"
            raise TooSlow(message)
        await asyncio.sleep(_LOOK)
        progress = await _progress(client)
    return progress


async def _progress(client: httpx.AsyncClient) -> float:
    """Return how many steps the rotation has made in its turn; 0 while it has none."""
    found = _PROGRESS.search((await client.get("/metrics")).text)
    return float(found[1]) if found else 0.0


def _worst(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]
