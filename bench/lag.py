"""How far behind the backups are while people edit as fast as one core lets them."""

import re
import threading
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx

from bench.figures import Measured, Row, Target, figure
from bench.moving import moves
from bench.scale import Scale, Sizes
from bench.site import a_machine, a_panorama, client_of, start
from bench.wrk import SERVER_CORE, pinned, requests_per_second

_SECONDS: Final = Sizes(full=100, quick=20)
_NODES: Final = 1_000
_LOOK: Final = 0.5

TARGETS: Final = (
    Target("edits_on_one_core_while_shipping", "edits/s", ">=", 500.0),
    Target("shipping_lag_p99", "s", "<=", 60.0),
)

_LAG: Final = re.compile(r"^panorama_backup_lag_seconds (\S+)", re.MULTILINE)


def measure_lag(folder: Path, scale: Scale) -> Measured:
    """Have a service on one core ship to a directory, while another core sends all the edits that it can."""
    seconds = _SECONDS.at(scale)
    with a_machine(folder) as made:
        with pinned(SERVER_CORE):
            process = start(made)
        site = made.install(process)
        with client_of(process.url, made, site) as client:
            panorama, nodes = a_panorama(client, _NODES)
            script = folder / "move.lua"
            script.write_text(moves(nodes, client))
        lags: list[float] = []
        over = threading.Event()
        looking = threading.Thread(target=_look, args=(f"{process.url}/metrics", lags, over))
        looking.start()
        url = f"{process.url}/api/panoramas/{panorama}/changes"
        try:
            rate = requests_per_second(url, {}, seconds=seconds, script=script)
        finally:
            over.set()
            looking.join()
    lag = quantiles(lags, n=100)[98]
    rows = [Row("promised", 60.0, "s"), Row("99th percentile of the lag", lag, "s")]
    figures = [
        figure(TARGETS, "edits_on_one_core_while_shipping", rate),
        figure(TARGETS, "shipping_lag_p99", lag),
    ]
    return Measured(f"Lag of the backups at {rate:,.0f} edits a second, for {seconds} s", rows, figures)


def _look(url: str, lags: list[float], over: threading.Event) -> None:
    """Ask for the lag again and again; no answer in time is as if nobody could tell."""
    while not over.wait(_LOOK):
        try:
            found = _LAG.search(httpx.get(url, timeout=10).text)
        except httpx.HTTPError:
            found = None
        lags.append(float(found[1]) if found else float("inf"))
