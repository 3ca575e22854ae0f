"""CPU that the command line takes to start: what every call of it costs before it does anything."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bench.figures import Measured, Row, Target, figure
from bench.scale import Scale, Sizes
from tests.free_ports import free_port

_PROGRAM: Final = Path(sys.executable).with_name("panorama")
_TIMES: Final = Sizes(full=15, quick=5)
_TIMES_BARE: Final = 3
"""How often a bare Python's start is measured for each start of the program's: it is the yardstick."""

_MEASURED: Final = {
    "version": ("version",),
    "help": ("--help",),
    "group_help": ("backup", "--help"),
    "health": ("health", "--json"),
    "config_show": ("config", "show"),
    "keys_status": ("keys", "status"),
    "backup_status": ("backup", "status"),
}
_MILLISECONDS: Final = {"help": 300.0, "group_help": 300.0, "health": 150.0}
_VERSION_TIMES: Final = 3.0

TARGETS: Final = (
    Target("start_version", "x", "<=", _VERSION_TIMES),
    *(Target(f"start_{name}", "ms", "<=", target) for name, target in _MILLISECONDS.items()),
)


def measure_start(folder: Path, scale: Scale) -> Measured:
    """Start each command on the embedded default, one after another; nothing answers the question for the health."""
    environment = {**os.environ, "PANORAMA_DATA": str(folder / "data"), "PANORAMA_SERVER__PORT": str(free_port())}
    times = _TIMES.at(scale)
    bare = _milliseconds([sys.executable, "-c", "pass"], environment, times * _TIMES_BARE)
    taken = {name: _milliseconds([_PROGRAM, *words], environment, times) for name, words in _MEASURED.items()}
    rows = [Row("python -c pass", bare, "ms")]
    rows += [Row(f"panorama {' '.join(words)}", taken[name], "ms") for name, words in _MEASURED.items()]
    figures = [figure(TARGETS, "start_version", taken["version"] / bare)]
    figures += [figure(TARGETS, f"start_{name}", taken[name]) for name in _MILLISECONDS]
    return Measured("Start of the command line, CPU time (median)", rows, figures)


def _milliseconds(command: Sequence[str | Path], environment: dict[str, str], times: int) -> float:
    return 1_000 * median(_once(command, environment) for _ in range(times))


def _once(command: Sequence[str | Path], environment: dict[str, str]) -> float:
    """Return the user's and the system's seconds of one process, which is the only child that ends meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
