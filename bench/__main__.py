"""Run all measurements, or those named: `make bench ARGS="reading events"`; `quick` among the words takes small sizes.

What was measured is kept in `.reports/bench.json`, of quick sizes in `.reports/bench-quick.json`. The last lines are
one for each figure, with a hyphen for a value that is not there:

    BENCH NAME VALUE UNIT target OPERATORTARGET ok|short|failed
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.figures import Figure, show
from bench.isolated import measure
from bench.measurements import GROUPS, MEASUREMENTS, select
from bench.results import file_of, keep
from bench.running import Outcome
from bench.scale import Scale

_QUICK: Final = Scale.QUICK.value
_FAILED: Final = 1
_MISUSED: Final = 2


def main(words: list[str]) -> int:
    """Measure, print the tables, and end with one line for each figure; return 1 where a measurement failed."""
    console = Console()
    scale = Scale.QUICK if _QUICK in words else Scale.FULL
    try:
        names = select([word for word in words if word != _QUICK])
    except KeyError as exc:
        known = ", ".join([*MEASUREMENTS, *GROUPS, _QUICK])
        console.print(f"There is no measurement {exc.args[0]}; there are {known}.")
        return _MISUSED
    outcomes = {name: _measure(name, scale, console) for name in names}
    figures = [each for name, outcome in outcomes.items() for each in outcome.figures(MEASUREMENTS[name])]
    _tell(figures, scale)
    return _FAILED if any(outcome.state == "failed" for outcome in outcomes.values()) else 0


def _measure(name: str, scale: Scale, console: Console) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="panorama-bench-") as folder, console.status(f"measuring {name}"):
        outcome = measure(name, scale, Path(folder))
    if outcome.measured is None:
        console.print(f"{name}: {outcome.state}: {outcome.cause}", markup=False, highlight=False)
    else:
        show(outcome.measured, console, mark=_mark(scale))
        keep({name: outcome.measured}, file_of(scale))
    return outcome


def _mark(scale: Scale) -> str:
    return "" if scale is Scale.FULL else " (quick sizes)"


def _tell(figures: list[Figure], scale: Scale) -> None:
    if scale is Scale.QUICK:
        print("These figures are of quick sizes: estimates, which are not to be compared with those of full sizes.")
    for figure in figures:
        print(figure.line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
