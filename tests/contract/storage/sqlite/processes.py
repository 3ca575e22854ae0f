"""Other processes, started and ended."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.storage.sqlite import child

ROOT = Path(__file__).parents[4]


@contextmanager
def started(task: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a task of the child; at the end it is killed, if it has not ended by itself."""
    command = [sys.executable, "-m", child.__name__, task, str(path)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that the process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    """Let the process go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def killed_after(lines: int, task: str, path: Path) -> list[str]:
    """Kill -9 a task once it has said so many lines, and return all that it had said by then, whole lines only."""
    with started(task, path) as process:
        said = [line_of(process) for _ in range(lines)]
        process.kill()
        assert process.stdout is not None
        rest = process.stdout.read()
    return said + rest.splitlines(keepends=False)[: rest.count("\n")]


def holds(path: Path, text: str) -> bool:
    """Whether a file that a store has open holds the text.

    Another process looks: to open and close the file here would drop the locks that this process holds on it.
    """
    look = ["grep", "--quiet", "--binary-files=text", "--fixed-strings", text, str(path)]
    return subprocess.run(look, check=False).returncode == 0
