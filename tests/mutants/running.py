"""Choosing mistakes, and running the tests on each of them in a process of its own."""

import ast
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from tests.mutants import plugin
from tests.mutants.changes import changes
from tests.mutants.modules import module_name, sources
from tests.patience import patience
from tests.rounds import VARIABLE as SOAK
from tests.shared_material import REPOSITORY

SECONDS: Final = 120.0
"""How long the tests may take on a quiet machine before a mistake counts as one that makes them hang."""


class Outcome(Enum):
    """What the tests say of a mistake."""

    FOUND = "found"
    HANGS = "found by the time limit"
    SURVIVED = "survived"


class Mutant(NamedTuple):
    """One mistake in one module."""

    path: Path
    number: int
    line: int
    what: str
    tests: tuple[Path, ...]

    def __str__(self) -> str:
        """Return where it is, and what."""
        return f"{self.path.relative_to(REPOSITORY)}:{self.line}  {self.what}"


Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs a program as `subprocess.run` does."""


class NoAnswerError(Exception):
    """The tests could not be run, so that nothing can be said of a mistake."""


def every_mutant(only: Sequence[str] = ()) -> list[Mutant]:
    """Return all mistakes that can be made in the modules; in those alone whose path holds one of `only`, if any."""
    return [
        Mutant(path, number, change.line, change.what, tuple(tests))
        for path, tests in sources()
        if not only or any(each in str(path.relative_to(REPOSITORY)) for each in only)
        for number, change in enumerate(changes(ast.parse(path.read_text(encoding="utf-8"))))
    ]


def chosen(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return so many of them at random, the same for the same seed."""
    return random.Random(seed).sample(mutants, min(count, len(mutants)))


def tried(mutant: Mutant) -> Outcome:
    """Run the tests on a mistake; raises NoAnswerError where they cannot be run."""
    return outcome_of(mutant.tests, f"{module_name(mutant.path)}:{mutant.number}")


def check_without_mistakes(mutants: Iterable[Mutant]) -> None:
    """Raise NoAnswerError where tests fail without any mistake: then they would seem to find every one."""
    if outcome_of(sorted({test for mutant in mutants for test in mutant.tests}), "") is not Outcome.SURVIVED:
        raise NoAnswerError("the tests fail without any mistake")


def outcome_of(tests: Sequence[Path], value: str, run: Run = subprocess.run) -> Outcome:
    """Run tests with the plugin's variable set to `value`, until the first fails; raises NoAnswerError."""
    environment = {name: each for name, each in os.environ.items() if name != SOAK} | {plugin.VARIABLE: value}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", plugin.__name__, "-p", "no:cacheprovider"]
    try:
        ended = run(
            [*command, *map(str, tests)],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            timeout=patience(SECONDS),
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return Outcome.HANGS
    if ended.returncode in {1, 2}:  # A test has failed, or could not even be imported.
        return Outcome.FOUND
    if ended.returncode:
        raise NoAnswerError(f"pytest ended with {ended.returncode}: {ended.stdout[-2_000:]}{ended.stderr[-2_000:]}")
    return Outcome.SURVIVED
