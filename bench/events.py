"""How soon an edit at one process reaches another user's event stream at another process."""

import asyncio
import json
import random
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import httpx

from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from bench.site import a_machine, a_panorama, client_of, start

_EDITS: Final = Sizes(full=300, quick=100)
_GAPS: Final = (0.01, 0.15)

TARGETS: Final = (Target("event_p99", "s", "<=", 1.0),)


def measure_events(folder: Path, scale: Scale) -> Measured:
    """Edit at one process at irregular moments, and note when each edit arrives at the other."""
    edits = _EDITS.at(scale)
    with a_machine(folder) as made:
        here, there = start(made), start(made)
        site = made.install(here)
        with client_of(here.url, made, site) as client:
            panorama, _ = a_panorama(client, 1_000)
        ann, ben = made.client(here, site, "ann"), made.client(there, site, "ben")
        delays = asyncio.run(_delays(ann, ben, panorama, edits))
    worst = quantiles(delays, n=100)[98]
    rows = [
        Row("poll of the store, every", 0.5, "s"),
        Row("an edit is heard after, median", median(delays), "s"),
        Row("99th percentile", worst, "s"),
    ]
    figures = [figure(TARGETS, "event_p99", worst)]
    return Measured(f"{edits} edits at one process, heard at another", rows, figures)


async def _delays(ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str, edits: int) -> list[float]:
    """Return the seconds from sending each edit to hearing of it."""
    chance = random.Random(1)
    sent: dict[int, float] = {}
    async with ann, ben:
        listening = asyncio.create_task(_heard(ben, panorama, edits))
        for issue in range(1_000_001, 1_000_001 + edits):
            await asyncio.sleep(chance.uniform(*_GAPS))
            sent[issue] = time.monotonic()
            action = {"action": "add", "kind": "ISSUE", "issue": issue, "place": {"under": None}}
            answer = await ann.post(f"/api/panoramas/{panorama}/changes", json={"actions": [action]})
            answer.raise_for_status()
        heard = await listening
    return [heard[issue] - moment for issue, moment in sent.items()]


async def _heard(ben: httpx.AsyncClient, panorama: str, edits: int) -> dict[int, float]:
    """Return when each new issue was heard of."""
    heard: dict[int, float] = {}
    async with ben.stream("GET", f"/api/panoramas/{panorama}/events", params={"after": "1.2"}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                now = time.monotonic()
                heard |= {fact["issue"]: now for fact in json.loads(line[5:])["facts"]}
            if len(heard) == edits:
                break
    return heard
