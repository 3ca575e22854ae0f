"""How a command ends: its exit code, and the failures that commands raise themselves.

Imports next to nothing, as every command imports this module; what is said of a failure is in `failures`.
"""

import os
import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from ports.errors import PortError


class Exit(IntEnum):
    """Every exit code there is."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    INTERRUPTED = 5


CODES: Final = (
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 wrong configuration, 4 something needed is out or forbidden, "
    "5 interrupted before it was done."
)
"""What --help says of them."""


class Refusal(Exception):
    """A command cannot do what was asked; says why and the way out."""

    def __init__(self, problem: str, remedy: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy
        self.code = code


class Silent(Exception):
    """Parts of a site do not answer as they should; `failures` says, by name, what each raised."""

    def __init__(self, failures: Mapping[str, PortError]) -> None:
        super().__init__(*failures)
        self.failures = failures


def discard_output() -> None:
    """Send what Python still has to write nowhere: the reader of the output went away, as `head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
