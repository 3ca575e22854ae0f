"""Reading a panorama of 1,000 nodes over HTTP."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from bench.site import a_machine, a_panorama, client_of, start
from bench.wrk import SERVER_CORE, pinned, requests_per_second
from tests.free_ports import free_port

_NODES: Final = 1_000
_TURNS: Final = Sizes(full=3, quick=2)
_SECONDS: Final = Sizes(full=5, quick=2)

TARGETS: Final = (Target("read_1000_nodes", "x-bare-handler", ">=", 0.9),)


def measure_reading(folder: Path, scale: Scale) -> Measured:
    """Compare the service with the bare handler, taking turns; both on one core, wrk on another."""
    with a_machine(folder) as made:
        with pinned(SERVER_CORE):
            process = start(made)
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panorama, _ = a_panorama(client, _NODES)
            answer = client.get(f"/api/panoramas/{panorama}", headers={"Accept-Encoding": "identity"})
            token = client.headers["Authorization"]
        body = folder / "body"
        body.write_bytes(answer.content)
        headers = {"Authorization": token}
        with _bare(site.shared_secret, body) as bare:
            path, seconds = f"/api/panoramas/{panorama}", _SECONDS.at(scale)
            rates = [
                tuple(requests_per_second(f"{url}{path}", headers, seconds=seconds) for url in (bare, process.url))
                for _ in range(_TURNS.at(scale))
            ]
    yardstick, served = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    rows = [Row("bare Litestar handler with PyJWT", yardstick, "requests/s"), Row("panorama", served, "requests/s")]
    figures = [figure(TARGETS, "read_1000_nodes", served / yardstick)]
    return Measured("GET of a panorama of 1,000 nodes, one core, 16 connections", rows, figures)


@contextmanager
def _bare(secret: str, body: Path) -> Iterator[str]:
    """Run the bare handler and yield its URL."""
    port = free_port()
    with pinned(SERVER_CORE):
        child = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), secret, str(body)])
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, child)
        yield url
    finally:
        child.terminate()
        child.wait()


def _await(url: str, child: subprocess.Popen[bytes]) -> None:
    while child.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    message = f"the bare handler ended with {child.returncode}"
    raise ChildProcessError(message)
