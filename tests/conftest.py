"""What every test process does: fixed rounds at its start, and what it could not prove at its end."""

import pytest

from tests import report, rounds

rounds.load_profile()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last what was not proven."""
    if entries := report.told():
        terminalreporter.section(report.TITLE)
        for entry in entries:
            terminalreporter.line(str(entry))
