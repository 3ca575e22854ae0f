"""What every test process does: fixed rounds at its start, and what it could not prove at its end.

Every process imports this module with all that it imports: no driver, no framework and nothing of the service.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cpu, patience, report, rounds, timeouts, tracing
from tests.gaps import PROPERTY
from tests.proven import TITLE, Proven
from tests.servers.aws import Server as AwsServer
from tests.servers.ministack import ministack
from tests.servers.mongo import heard
from tests.summaries import PROPERTY as SUMMARY
from tests.summaries import TITLE as SUMMARIES

rounds.load_profile()


proven = Proven()
summaries: list[str] = []


@pytest.fixture(scope="session")
def ministack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServer]:
    """Serve S3, KMS and Secrets Manager, once a run, when they are first asked for."""
    with ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_outside_the_subset() -> Iterator[None]:
    """Whatever a test has sent to MongoDB, by this process or by others, only the portable subset is."""
    heard.OUTSIDE.clear()
    yield
    assert heard.OUTSIDE == []
    assert heard.ARRIVED == []


def pytest_configure(config: pytest.Config) -> None:
    """Measure the machine and the tests of this process, and trace those that are to be; xdist's first runs none."""
    patience.factor()  # So that the processes that this one starts know of it.
    if getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"):
        return
    for plugin in (cpu.pytest_plugin(), tracing.pytest_plugin(), timeouts.Timeouts()):
        if plugin is not None:
            config.pluginmanager.register(plugin)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of processes side by side, have each begin with the files that may take longest: none is left alone with one."""
    if not hasattr(config, "workerinput"):
        return
    longest = defaultdict[Path, float](float)
    for item in items:
        if (mark := item.get_closest_marker("timeout")) is not None:
            longest[item.path] = max(longest[item.path], mark.args[0])
    items.sort(key=lambda item: -longest[item.path])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count each case of a contract suite; one that was skipped, or failed before it began, has not passed."""
    if report.when == "call" or not report.passed:
        gap = next((str(value) for name, value in report.user_properties if name == PROPERTY), None)
        proven.count(report.nodeid, passed=report.passed, gap=gap)
        summaries.extend(str(value) for name, value in report.user_properties if name == SUMMARY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which suites passed where, and last what was not proven."""
    if lines := proven.lines():
        terminalreporter.section(TITLE)
        for line in lines:
            terminalreporter.line(line)
    if summaries:
        terminalreporter.section(SUMMARIES)
        for line in summaries:
            terminalreporter.line(line)
    if entries := report.told():
        terminalreporter.section(report.TITLE)
        for entry in entries:
            terminalreporter.line(str(entry))
