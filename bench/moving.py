"""Moving nodes of a panorama of 1,000 nodes over HTTP, each move durable when it is answered."""

import json
import time
from pathlib import Path
from typing import Final

import httpx

from bench.disk import commits_per_second
from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from bench.site import a_machine, a_panorama, client_of, start
from bench.wrk import requests_per_second

_NODES: Final = 1_000
_ONE_BY_ONE: Final = Sizes(full=500, quick=100)
_SECONDS: Final = Sizes(full=5, quick=2)

TARGETS: Final = (Target("move_1000_nodes", "x-disk-commits", ">=", 0.4),)

_SCRIPT: Final = """
local nodes = {%s}
request = function()
  local node, after = nodes[math.random(#nodes)], nodes[math.random(#nodes)]
  local place = '{"under":null,"after":"' .. after .. '"}'
  local body = '{"actions":[{"action":"move","node":"' .. node .. '","place":' .. place .. '}]}'
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Authorization"] = %s}, body)
end
"""


def measure_moving(folder: Path, scale: Scale) -> Measured:
    """Compare moves a second with what the disk can commit, by many at once and by one after the other."""
    with a_machine(folder) as made:
        process = start(made)
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panorama, nodes = a_panorama(client, _NODES)
            path = f"/api/panoramas/{panorama}/changes"
            script = folder / "move.lua"
            script.write_text(moves(nodes, client))
            before = commits_per_second(folder, scale)
            together = requests_per_second(f"{process.url}{path}", {}, seconds=_SECONDS.at(scale), script=script)
            alone = _one_by_one(client, path, nodes, _ONE_BY_ONE.at(scale))
            disk = max(before, commits_per_second(folder, scale))
    rows = [
        Row("4 KiB append + fdatasync", disk, "commits/s"),
        Row("moves, 16 connections", together, "moves/s"),
        Row("moves, one after the other", alone, "moves/s"),
    ]
    figures = [figure(TARGETS, "move_1000_nodes", together / disk)]
    return Measured("One move in a panorama of 1,000 nodes, over HTTP, durable", rows, figures)


def moves(nodes: list[str], client: httpx.Client) -> str:
    """Return a script by which wrk moves nodes of a panorama, one with each request, in the client's name."""
    return _SCRIPT % (",".join(f'"{node}"' for node in nodes), json.dumps(client.headers["Authorization"]))


def _one_by_one(client: httpx.Client, path: str, nodes: list[str], moves: int) -> float:
    began = time.perf_counter()
    for number in range(moves):
        place = {"under": None, "after": nodes[(number * 7 + 3) % _NODES]}
        action = {"action": "move", "node": nodes[number], "place": place}
        client.post(path, json={"actions": [action]}).raise_for_status()
    return moves / (time.perf_counter() - began)
