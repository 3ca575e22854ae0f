"""Reading a panorama of 1,000 nodes over HTTP."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.figures import Figure, Measured, Row
from bench.site import a_machine, a_panorama, client_of
from bench.wrk import SERVER_CORE, pinned, requests_per_second
from tests.free_ports import free_port

_NODES: Final = 1_000
_TURNS: Final = 3


def measure_reading(folder: Path) -> Measured:
    """Compare the service with the bare handler, taking turns; both on one core, wrk on another."""
    with a_machine(folder) as made:
        with pinned(SERVER_CORE):
            process = made.start()
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panorama, _ = a_panorama(client, _NODES)
            answer = client.get(f"/api/panoramas/{panorama}", headers={"Accept-Encoding": "identity"})
            token = client.headers["Authorization"]
        body = folder / "body"
        body.write_bytes(answer.content)
        headers = {"Authorization": token}
        with _bare(site.shared_secret, body) as bare:
            path = f"/api/panoramas/{panorama}"
            rates = [
                (requests_per_second(f"{bare}{path}", headers), requests_per_second(f"{process.url}{path}", headers))
                for _ in range(_TURNS)
            ]
    yardstick, served = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    rows = [Row("bare Litestar handler with PyJWT", yardstick, "requests/s"), Row("panorama", served, "requests/s")]
    figure = Figure("read_1000_nodes", served / yardstick, "x-bare-handler", ">=", 0.9)
    return Measured("GET of a panorama of 1,000 nodes, one core, 16 connections", rows, [figure])


@contextmanager
def _bare(secret: str, body: Path) -> Iterator[str]:
    """Run the bare handler and yield its URL."""
    port = free_port()
    with pinned(SERVER_CORE):
        child = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), secret, str(body)])
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        yield url
    finally:
        child.terminate()
        child.wait()


def _await(url: str) -> None:
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
