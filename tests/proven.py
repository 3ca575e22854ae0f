"""Which suite has passed on which server, and what none but a laxer server was asked: the table at the end of a run."""

import re
from collections import Counter
from typing import Final, NamedTuple

SERVERS: Final = (
    *("memory", "switching", "sqlite", "mongo-memory", "mongo-documentdb"),
    *("dir", "s3-ministack", "s3-moto", "s3-radosgw", "gs-fake-gcs-server", "gs-fake"),
    *("file", "aws-kms-ministack", "aws-kms-moto", "aws-kms-strict", "gcp-kms-fake"),
    *("aws-secrets-ministack", "aws-secrets-strict", "gcp-secrets-fake"),
)
"""As test ids name them; `memory` is the fake that the other tests build upon, `switching` the same behind logins."""

TITLE: Final = "suites and the servers that they ran on"

_CASE: Final = re.compile(
    rf"tests/(?:contract/(?P<port>\w+)/.*|(?P<suite>faults)/.*)\[(?P<server>{'|'.join(SERVERS)})(?:-.*)?\]"
)


class Cell(NamedTuple):
    """One suite on one server."""

    suite: str
    server: str


class Gap(NamedTuple):
    """Why a law is not held on a server."""

    cell: Cell
    reason: str


class Proven:
    """Counts the cases that pass, those that do not, and those that a server of the tests is too lax for."""

    def __init__(self) -> None:
        self._passed: Counter[Cell] = Counter()
        self._others: Counter[Cell] = Counter()
        self._gaps: Counter[Gap] = Counter()

    def count(self, case: str, *, passed: bool, gap: str | None = None) -> None:
        """Count a case by its id; one that is not of a suite on a server does not count.

        One with a gap has passed where the law has failed, as it does there for that reason.
        """
        found = _CASE.fullmatch(case)
        if not found:
            return
        cell = Cell(found["port"] or found["suite"], found["server"])
        if passed and gap is not None:
            self._gaps[Gap(cell, gap)] += 1
        else:
            (self._passed if passed else self._others)[cell] += 1

    def lines(self) -> list[str]:
        """Return a line for each suite and server, in the order of their names, with its gaps beneath it."""
        cells = sorted({*self._passed, *self._others, *(gap.cell for gap in self._gaps)})
        return [line for cell in cells for line in (self._line(cell), *self._reasons(cell))]

    def _line(self, cell: Cell) -> str:
        gaps = sum(count for gap, count in self._gaps.items() if gap.cell == cell)
        return (
            f"{cell.suite:<11} {cell.server:<22} {self._passed[cell]:>4} passed"
            + (f" {gaps:>4} not proven there" if gaps else "")
            + (f" {self._others[cell]:>4} not passed" if self._others[cell] else "")
        )

    def _reasons(self, cell: Cell) -> list[str]:
        return [f"{'':<35}{count:>4}: {gap.reason}" for gap, count in sorted(self._gaps.items()) if gap.cell == cell]
