"""Moving nodes of a panorama of 1,000 nodes over HTTP, each move durable when it is answered."""

import json
import time
from pathlib import Path
from typing import Final

import httpx

from bench.disk import commits_per_second
from bench.figures import Figure, Measured, Row
from bench.site import a_machine, a_panorama, client_of
from bench.wrk import requests_per_second

_NODES: Final = 1_000
_ONE_BY_ONE: Final = 500

_SCRIPT: Final = """
local nodes = {%s}
request = function()
  local node, after = nodes[math.random(#nodes)], nodes[math.random(#nodes)]
  local place = '{"under":null,"after":"' .. after .. '"}'
  local body = '{"actions":[{"action":"move","node":"' .. node .. '","place":' .. place .. '}]}'
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Authorization"] = %s}, body)
end
"""


def measure_moving(folder: Path) -> Measured:
    """Compare moves a second with what the disk can commit, by many at once and by one after the other."""
    with a_machine(folder) as made:
        process = made.start()
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panorama, nodes = a_panorama(client, _NODES)
            path = f"/api/panoramas/{panorama}/changes"
            script = folder / "move.lua"
            script.write_text(moves(nodes, client))
            before = commits_per_second(folder)
            together = requests_per_second(f"{process.url}{path}", {}, script=script)
            alone = _one_by_one(client, path, nodes)
            disk = max(before, commits_per_second(folder))
    rows = [
        Row("4 KiB append + fdatasync", disk, "commits/s"),
        Row("moves, 16 connections", together, "moves/s"),
        Row("moves, one after the other", alone, "moves/s"),
    ]
    figure = Figure("move_1000_nodes", together / disk, "x-disk-commits", ">=", 0.4)
    return Measured("One move in a panorama of 1,000 nodes, over HTTP, durable", rows, [figure])


def moves(nodes: list[str], client: httpx.Client) -> str:
    """Return a script by which wrk moves nodes of a panorama, one with each request, in the client's name."""
    return _SCRIPT % (",".join(f'"{node}"' for node in nodes), json.dumps(client.headers["Authorization"]))


def _one_by_one(client: httpx.Client, path: str, nodes: list[str]) -> float:
    began = time.perf_counter()
    for number in range(_ONE_BY_ONE):
        place = {"under": None, "after": nodes[(number * 7 + 3) % _NODES]}
        action = {"action": "move", "node": nodes[number], "place": place}
        client.post(path, json={"actions": [action]}).raise_for_status()
    return _ONE_BY_ONE / (time.perf_counter() - began)
