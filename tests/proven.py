"""Which suite has passed on which server: the table at the end of a run."""

import re
from collections import Counter
from typing import Final, NamedTuple

SERVERS: Final = (
    *("memory", "switching", "sqlite", "mongo-memory", "mongo-documentdb"),
    *("dir", "s3-ministack", "s3-radosgw", "gs-fake"),
    *("file", "aws-kms-ministack", "aws-kms-moto", "aws-kms-strict", "gcp-kms-fake"),
    *("aws-secrets-ministack", "gcp-secrets-fake"),
)
"""As test ids name them; `memory` is the fake that the other tests build upon, `switching` the same behind logins."""

TITLE: Final = "contract suites and the servers that they ran on"

_CASE: Final = re.compile(rf"tests/contract/(?P<suite>\w+)/.*\[(?P<server>{'|'.join(SERVERS)})(?:-.*)?\]")


class Cell(NamedTuple):
    """One suite on one server."""

    suite: str
    server: str


class Proven:
    """Counts the cases that pass and those that do not."""

    def __init__(self) -> None:
        self._passed: Counter[Cell] = Counter()
        self._others: Counter[Cell] = Counter()

    def count(self, case: str, *, passed: bool) -> None:
        """Count a case by its id; one that is not of a suite on a server does not count."""
        found = _CASE.fullmatch(case)
        if found:
            (self._passed if passed else self._others)[Cell(found["suite"], found["server"])] += 1

    def lines(self) -> list[str]:
        """Return a line for each suite and server, in the order of their names."""
        cells = sorted(self._passed.keys() | self._others.keys())
        return [
            f"{cell.suite:<11} {cell.server:<22} {self._passed[cell]:>4} passed"
            + (f" {self._others[cell]:>4} not" if self._others[cell] else "")
            for cell in cells
        ]
