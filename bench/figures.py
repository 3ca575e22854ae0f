"""Figures, and how they are shown."""

from collections.abc import Sequence
from operator import ge, le
from typing import Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

_FOUR_DIGITS: Final = 1_000

_COMPARED: Final = {">=": ge, "<=": le}


class Figure(msgspec.Struct, frozen=True):
    """One measured value and what it ought to be."""

    name: str
    value: float
    unit: str
    operator: Literal[">=", "<="]
    target: float

    @property
    def verdict(self) -> str:
        """Return `ok`, or `short` where the target is missed."""
        return "ok" if _COMPARED[self.operator](self.value, self.target) else "short"

    @property
    def line(self) -> str:
        """Return the figure for machines."""
        return f"BENCH {self.name} {self.value:.4g} {self.unit} target {self.operator}{self.target:g} {self.verdict}"


class Row(msgspec.Struct, frozen=True):
    """One line of a table: what was measured, and how it compares with the yardstick of its table."""

    label: str
    value: float
    unit: str
    beside: float | None = None
    """The row's own yardstick, where the table has none for all."""


class Measured(msgspec.Struct, frozen=True):
    """What one measurement found: a table, whose first row is the yardstick of the others, and what it stands for."""

    title: str
    rows: Sequence[Row]
    figures: Sequence[Figure]


def show(measured: Measured, console: Console) -> None:
    """Print the table."""
    table = Table(title=measured.title, title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("beside", justify="right")
    table.add_column("unit")
    table.add_column("ratio", justify="right")
    for row in measured.rows:
        beside = "" if row.beside is None else _told(row.beside)
        yardstick = measured.rows[0].value if row.beside is None else row.beside
        table.add_row(row.label, _told(row.value), beside, row.unit, f"{row.value / yardstick:.2f}")
    console.print(table)


def _told(value: float) -> str:
    """Four digits that count, none of them as a power of ten."""
    return f"{value:,.0f}" if value >= _FOUR_DIGITS else f"{value:.4g}"
