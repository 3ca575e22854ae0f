"""Each measurement of the bench has a process of its own, which loses nothing but itself."""

import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import pytest

from bench.figures import Measured, Row
from bench.isolated import OUTCOME, await_outcome
from bench.running import Outcome

PATIENCE: Final = 60
GRACE: Final = 0.2

DEAF: Final = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
time.sleep(600)
"""
"""Ignores being interrupted."""

LEAVING: Final = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1], "child").write_text(str(child.pid))
"""
"""Leaves a process of its own running."""


def program(text: str, *words: object) -> list[str]:
    """Return the command of a Python program."""
    return [sys.executable, "-c", text, *map(str, words)]


def is_running(folder: Path) -> bool:
    """Whether the process that the program has started still runs."""
    status = Path("/proc", (folder / "child").read_text(), "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_its_outcome_is_read(tmp_path: Path) -> None:
    """As it has left it in its folder."""
    outcome = Outcome("measured", measured=Measured("Some", [Row("a", 1.0, "s")], []))
    text = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(bytes.fromhex(sys.argv[2]))"
    command = program(text, tmp_path / OUTCOME, msgspec.json.encode(outcome).hex())
    assert await_outcome(command, tmp_path, PATIENCE) == outcome


@pytest.mark.parametrize(("how", "code"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", -9)])
def test_one_that_ends_without_an_outcome_has_failed(tmp_path: Path, how: str, code: int) -> None:
    """Also where the system has killed it."""
    outcome = await_outcome(program(f"import os; {how}"), tmp_path, PATIENCE)
    assert outcome == Outcome("failed", f"its process ended with {code}, and told nothing")


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """Though it ignores being interrupted."""
    outcome = await_outcome(program(DEAF), tmp_path, 1, GRACE)
    assert outcome == Outcome("short", "TooSlow: not finished in 1 seconds")


def test_what_it_leaves_running_ends_with_it(tmp_path: Path) -> None:
    """So that no server of one measurement takes the time of the next."""
    assert await_outcome(program(LEAVING, tmp_path), tmp_path, PATIENCE).state == "failed"
    while is_running(tmp_path):
        time.sleep(0.01)


def test_a_real_measurement_leaves_its_outcome(tmp_path: Path) -> None:
    """The adapter that needs no server, at quick sizes: each of its figures is measured."""
    command = [sys.executable, "-m", "bench.isolated", "adapter-file", "quick", str(tmp_path)]
    outcome = await_outcome(command, tmp_path, 600)
    assert outcome.state == "measured", outcome.cause
    assert outcome.measured is not None
    assert len(outcome.measured.figures) == 4
