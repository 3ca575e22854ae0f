"""What every test process does: fixed rounds at its start, and what it could not prove at its end."""

import pytest

from tests import report, rounds
from tests.proven import TITLE, Proven

rounds.load_profile()


proven = Proven()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count each case of a contract suite; one that was skipped, or failed before it began, has not passed."""
    if report.when == "call" or not report.passed:
        proven.count(report.nodeid, passed=report.passed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which suites passed where, and last what was not proven."""
    if lines := proven.lines():
        terminalreporter.section(TITLE)
        for line in lines:
            terminalreporter.line(line)
    if entries := report.told():
        terminalreporter.section(report.TITLE)
        for entry in entries:
            terminalreporter.line(str(entry))
