"""Runs measurements so that each one's figures are told, whatever becomes of it and of the others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from bench.figures import Figure, Measured, Target
from bench.scale import Scale
from bench.slowness import TooSlow, cause, is_slowness


class Measurement(NamedTuple):
    """What is measured, and the figures that it declares."""

    measure: Callable[[Path, Scale], Measured]
    targets: Sequence[Target]


class Undeclared(Exception):
    """A measurement has found other figures than it declares."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a measurement."""

    state: Literal["measured", "short", "failed"]
    cause: str = ""
    """One line, where it was not measured."""

    measured: Measured | None = None

    def figures(self, measurement: Measurement) -> list[Figure]:
        """Return each declared figure, without a value where it was not measured."""
        if self.measured is not None:
            return list(self.measured.figures)
        failed = self.state == "failed"
        return [
            Figure(target.name, None, target.unit, target.operator, target.target, failed)
            for target in measurement.targets
        ]


def attempt(measurement: Measurement, folder: Path, scale: Scale) -> Outcome:
    """Measure; whatever it raises becomes its outcome, and only an interrupt ends the run."""
    try:
        measured = measurement.measure(folder, scale)
        _check(measured, measurement)
    except Exception as exc:  # noqa: BLE001 - whatever is raised is told, and the next measurement runs.
        return Outcome("short" if is_slowness(exc) else "failed", cause(exc))
    return Outcome("measured", measured=measured)


def limited(seconds: int) -> Outcome:
    """The outcome of a measurement that was ended because it had not finished in so many seconds."""
    return Outcome("short", cause(TooSlow(f"not finished in {seconds:,} seconds")))


def _check(measured: Measured, measurement: Measurement) -> None:
    declared = {(each.name, each.unit, each.operator, each.target) for each in measurement.targets}
    found = {(each.name, each.unit, each.operator, each.target) for each in measured.figures}
    if declared != found:
        names = ", ".join(sorted({name for name, *_ in declared ^ found}))
        message = f"declared and measured figures differ: {names}"
        raise Undeclared(message)
