"""The file that a run of measurements leaves behind, for what computes with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench.figures import Measured
from bench.scale import Scale

RESULTS: Final = Path(".reports/bench.json")
"""Where `make bench` puts it, below the root of the repository."""

QUICK_RESULTS: Final = Path(".reports/bench-quick.json")
"""Where it puts what was measured at quick sizes, with which nothing is computed."""


class Results(msgspec.Struct, frozen=True):
    """The newest measurement of each name."""

    measured: dict[str, Measured] = {}

    def value(self, name: str, label: str) -> float:
        """Return one measured value; raises KeyError, naming what to run, where it was not measured."""
        for row in self.measured[name].rows if name in self.measured else ():
            if row.label == label and row.value is not None:
                return row.value
        message = f'"{label}" was not measured: run `make bench ARGS={name}`'
        raise KeyError(message)


def file_of(scale: Scale) -> Path:
    """Return the file for what was measured at a scale."""
    return QUICK_RESULTS if scale is Scale.QUICK else RESULTS


def read(file: Path = RESULTS) -> Results:
    """Return what was measured so far; nothing where there is no file."""
    return msgspec.json.decode(file.read_bytes(), type=Results) if file.exists() else Results()


def keep(measured: Mapping[str, Measured], file: Path = RESULTS) -> None:
    """Put measurements into the file; those of other names stay."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(Results({**read(file).measured, **measured}))))
