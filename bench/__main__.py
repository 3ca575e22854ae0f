"""Run all measurements, or those named: `make bench ARGS="reading events"`; they are kept in `.reports/bench.json`."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.adapters import measure_adapters
from bench.backups import measure_backups
from bench.events import measure_events
from bench.failover import measure_failover
from bench.figures import Figure, Measured, show
from bench.lag import measure_lag
from bench.moving import measure_moving
from bench.reading import measure_reading
from bench.resealing import measure_resealing
from bench.results import keep
from bench.rotation import measure_rotation
from bench.sizes import measure_sizes
from bench.start import measure_start
from bench.trees import measure_trees
from entrypoints.garbage import collect_seldom

MEASUREMENTS: Final[dict[str, Callable[[Path], Measured]]] = {
    "start": measure_start,
    "reading": measure_reading,
    "moving": measure_moving,
    "trees": measure_trees,
    "sizes": measure_sizes,
    "events": measure_events,
    "resealing": measure_resealing,
    "rotation": measure_rotation,
    "adapters": measure_adapters,
    "backups": measure_backups,
    "lag": measure_lag,
    "failover": measure_failover,
}


def main(names: list[str]) -> int:
    """Measure, print the tables, and end with one line for each figure."""
    collect_seldom()
    console = Console()
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        console.print(f"There is no measurement {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}.")
        return 2
    figures: list[Figure] = []
    for name in names or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="panorama-bench-") as folder, console.status(f"measuring {name}"):
            measured = MEASUREMENTS[name](Path(folder))
        show(measured, console)
        keep({name: measured})
        figures += measured.figures
    for figure in figures:
        print(figure.line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
