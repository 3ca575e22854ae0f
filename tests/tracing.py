"""Coverage where it proves something: it traces the suites that the gates are about, and no other.

Tracing doubles the CPU of a test (measured: 246 unit tests in 15.5 s without it, 31.6 s with it), and that of every
process that a test starts. The gates speak of code that is run by a test that looks at the outcome: unit tests for
the core, contract and end-to-end tests for the adapters and the entrypoints. Tests of faults repeat the same lines
thousands of times at other moments, so that tracing them costs the most and shows nothing new.
"""

import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Final

import coverage
import pytest

TRACED: Final = frozenset({"unit", "contract", "e2e"})
"""The suites whose tests are traced, by their folders."""

TRACED_FAULTS: Final = frozenset(
    {
        "test_account_reports.py",
        "test_index_made.py",
        "test_purges.py",
        "test_restore.py",
        "test_silence.py",
        "test_used_tokens.py",
    }
)
"""The files of faults that prove lines of the core that no other test reaches: what a fault at one moment leads to."""

TRACED_PROCESSES: Final = frozenset({"e2e"})
"""The suites in which the processes that a test starts are traced, too."""

PROCESS_VARIABLE: Final = "COVERAGE_PROCESS_CONFIG"
"""By this coverage.py finds, in a process that is being started, that it is to trace it, and how."""


class Tracing:
    """Plugin of pytest that has coverage trace a test, and the processes that it starts, where that is wanted."""

    def __init__(self, tests: Path) -> None:
        """Begin where coverage traces this thread and every new one."""
        self._tests = tests
        self._traces = (sys.gettrace(), threading.gettrace())
        self._for_processes = os.environ.get(PROCESS_VARIABLE)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        """Trace this test or do not; its fixtures belong to it."""
        suite = item.path.relative_to(self._tests).parts[0]
        self._trace(wanted=suite in TRACED or (suite == "faults" and item.path.name in TRACED_FAULTS))
        self._trace_processes(wanted=suite in TRACED_PROCESSES)
        return (yield)

    def _trace(self, *, wanted: bool) -> None:
        """Set the trace functions of coverage, or none. To stop and start coverage itself would patch all anew."""
        of_thread, of_threads = self._traces if wanted else (None, None)
        if sys.gettrace() is not of_thread:
            sys.settrace(of_thread)
            threading.settrace(of_threads)

    def _trace_processes(self, *, wanted: bool) -> None:
        if wanted and self._for_processes is not None:
            os.environ[PROCESS_VARIABLE] = self._for_processes
        else:
            os.environ.pop(PROCESS_VARIABLE, None)


def pytest_plugin() -> Tracing | None:
    """The plugin for this test process, where coverage runs."""
    return None if coverage.Coverage.current() is None else Tracing(Path(__file__).parent)
