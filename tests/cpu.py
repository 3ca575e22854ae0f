"""CPU and wall time of a test run by file and phase, the processes that the tests start included.

A process that a test has started is counted where it ends: a server of the whole run with the last tests. Each test
process appends its rows to one file at its end; `python -m tests.cpu` prints what they add up to.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import pytest

FILE_VARIABLE: Final = "PANORAMA_TEST_CPU"
"""Names the file in which the test processes of a run gather their rows; unset, nothing is measured."""

COLLECTION: Final = "(collection)"
SLOWEST: Final = 10


class Row(msgspec.Struct, frozen=True):
    """What one phase of one file's tests took in one test process, in seconds."""

    file: str
    phase: str
    cpu: float
    wall: float


def _cpu() -> float:
    """Seconds of CPU of this process and of the children that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class CpuMeter:
    """Plugin of pytest that adds up what each phase of each file takes in this test process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._cpu = defaultdict[tuple[str, str], float](float)
        self._wall = defaultdict[tuple[str, str], float](float)
        self._since = (0.0, time.perf_counter())

    def _attribute(self, file: str, phase: str) -> None:
        now = (_cpu(), time.perf_counter())
        self._cpu[file, phase] += now[0] - self._since[0]
        self._wall[file, phase] += now[1] - self._since[1]
        self._since = now

    def pytest_collection_finish(self) -> None:
        """Attribute the start of this process, its imports and its collection."""
        self._attribute(COLLECTION, "collection")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Attribute what a test's fixtures take to be arranged: servers too, with the first test that needs them."""
        self._attribute(COLLECTION, "between")
        yield
        self._attribute(item.location[0], "setup")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Attribute what the test itself takes."""
        yield
        self._attribute(item.location[0], "call")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Attribute what taking its fixtures down takes."""
        yield
        self._attribute(item.location[0], "teardown")

    def pytest_sessionfinish(self) -> None:
        """Append this process's rows to the file of the run, each as one line."""
        self._attribute(COLLECTION, "end")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        rows = [Row(file, phase, cpu, self._wall[file, phase]) for (file, phase), cpu in self._cpu.items()]
        with self._file.open("ab") as lines:
            lines.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def pytest_plugin() -> CpuMeter | None:
    """The plugin for this test process, where the run is to be measured."""
    file = os.environ.get(FILE_VARIABLE)
    return CpuMeter(Path(file)) if file else None


def _suite(file: str) -> str:
    return "/".join(Path(file).parts[1:2]) if file.startswith("tests/") else file


def _most(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(seconds.items(), key=lambda item: -item[1])


def table(rows: list[Row]) -> Iterator[str]:
    """The suites and the slowest files of a run, one line each."""
    suites, walls, files = (defaultdict[str, float](float) for _ in range(3))
    phases = defaultdict[str, defaultdict[str, float]](lambda: defaultdict(float))
    for row in rows:
        suites[_suite(row.file)] += row.cpu
        walls[_suite(row.file)] += row.wall
        files[row.file] += row.cpu
        phases[row.file][row.phase] += row.cpu
    yield f"CPU of the run: {sum(suites.values()):.0f} s"
    for suite, cpu in _most(suites):
        yield f"  {suite:<14} {cpu:7.1f} s of CPU, {walls[suite]:7.1f} s of wall time, added up over test processes"
    yield f"The {SLOWEST} files that take the most:"
    slowest = [file for file, _ in _most(files) if file != COLLECTION][:SLOWEST]
    for file in slowest:
        parts = ", ".join(f"{phase} {cpu:.1f}" for phase, cpu in _most(phases[file]) if cpu >= 0.05)
        yield f"  {files[file]:7.1f} s  {file} ({parts})"


def main() -> None:
    """Print what the run whose file the environment names has taken."""
    file = Path(os.environ[FILE_VARIABLE])
    rows = [Row(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    sys.stdout.write("\n".join(table(rows)) + "\n")


if __name__ == "__main__":
    main()
