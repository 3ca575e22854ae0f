"""What is wrong with a configuration: which key, what about it, and a way out."""

import difflib
from collections.abc import Iterable
from typing import Final

import msgspec

ELSEWHERE: Final = "docs/configuration.md lists every key"
"""The way out where no key is like the one that was written."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that keeps the service from starting. Never holds the value of a secret."""

    key: str
    """The dotted path of the key, or the name of the environment variable that set it."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        """Say all of it in one line."""
        return f"{self.key}: {self.problem}; {self.remedy}"


class ConfigurationError(Exception):
    """The configuration cannot be used; lists every problem that was found, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def suggest(wrong: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a question that names the nearest known word, or `otherwise` where none is near."""
    near = difflib.get_close_matches(wrong, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise
