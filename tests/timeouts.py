"""Timeouts of tests: guards against hangs, scaled to the machine, and no failure that Hypothesis would look into."""

import signal
from collections.abc import Generator
from types import FrameType
from typing import Any, Protocol

import pytest

from tests.patience import patience


class Settings(Protocol):
    """What pytest-timeout has found out about the timeout of a test."""

    method: str


class TimedOut(BaseException):
    """A test has taken too long.

    Hypothesis takes pytest's own error for a counterexample, which it then shrinks, for minutes, and reports as flaky
    when it does not come again. What is no `Exception` it lets through.
    """


class Timeouts:
    """The hooks, as a plugin of pytest beside pytest-timeout."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Give the test the time that it says, or the default, by how slow the machine is now."""
        seconds = limit_of(item)
        if seconds is not None:
            item.add_marker(pytest.mark.timeout(patience(seconds)), append=False)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Settings) -> Generator[None, Any, Any]:
        """Raise TimedOut in the place of pytest's error."""
        done = yield
        fail = signal.getsignal(signal.SIGALRM)
        if settings.method == "signal" and callable(fail):
            given = fail

            def end(number: int, frame: FrameType | None) -> None:
                try:
                    given(number, frame)
                except pytest.fail.Exception as failed:
                    raise TimedOut(str(failed)) from None

            signal.signal(signal.SIGALRM, end)
        return done


def limit_of(item: pytest.Item) -> float | None:
    """Return how many seconds a test may take on a quiet machine; None where there is no limit."""
    mark = item.get_closest_marker("timeout")
    if mark is not None:
        return float(mark.args[0])
    given = item.config.getoption("timeout", None)
    return float(given if given is not None else item.config.getini("timeout") or 0) or None
