"""Figures, and how they are shown."""

from collections.abc import Sequence
from operator import ge, le
from typing import Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

_FOUR_DIGITS: Final = 1_000

_COMPARED: Final = {">=": ge, "<=": le}

Verdict = Literal["ok", "short", "failed"]


class Target(msgspec.Struct, frozen=True):
    """What a measurement declares of a figure before it runs: so that its line appears whatever happens."""

    name: str
    unit: str
    operator: Literal[">=", "<="]
    target: float


class Figure(msgspec.Struct, frozen=True):
    """One measured value and what it ought to be."""

    name: str
    value: float | None
    """None where there is none: the measurement could not keep its pace, or failed."""

    unit: str
    operator: Literal[">=", "<="]
    target: float
    failed: bool = False
    """Whether there is no value for another reason than slowness."""

    @property
    def verdict(self) -> Verdict:
        """Return `ok`, `short` where the target is missed or its pace could not be kept, or `failed`."""
        if self.failed:
            return "failed"
        return "ok" if self.value is not None and _COMPARED[self.operator](self.value, self.target) else "short"

    @property
    def line(self) -> str:
        """Return the figure for machines; a hyphen stands for a value that there is not."""
        value = "-" if self.value is None else f"{self.value:.4g}"
        return f"BENCH {self.name} {value} {self.unit} target {self.operator}{self.target:g} {self.verdict}"


class Row(msgspec.Struct, frozen=True):
    """One line of a table: what was measured, and how it compares with the yardstick of its table."""

    label: str
    value: float | None
    """None, or infinite, where it took longer than was waited for."""

    unit: str
    beside: float | None = None
    """The row's own yardstick, where the table has none for all."""


class Measured(msgspec.Struct, frozen=True):
    """What one measurement found: a table, whose first row is the yardstick of the others, and what it stands for."""

    title: str
    rows: Sequence[Row]
    figures: Sequence[Figure]


def figure(targets: Sequence[Target], name: str, value: float) -> Figure:
    """The value of one of the declared figures; raises KeyError where none is called so."""
    found = {target.name: target for target in targets}[name]
    return Figure(found.name, value, found.unit, found.operator, found.target)


def show(measured: Measured, console: Console, mark: str = "") -> None:
    """Print the table, with a mark after its title."""
    table = Table(title=measured.title + mark, title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("beside", justify="right")
    table.add_column("unit")
    table.add_column("ratio", justify="right")
    for row in measured.rows:
        yardstick = measured.rows[0].value if row.beside is None else row.beside
        table.add_row(
            row.label,
            _shorten(row.value),
            "" if row.beside is None else _shorten(row.beside),
            row.unit,
            f"{row.value / yardstick:.2f}" if row.value is not None and yardstick else "-",
        )
    console.print(table)


def _shorten(value: float | None) -> str:
    """Four digits that count, none of them as a power of ten."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= _FOUR_DIGITS else f"{value:.4g}"
