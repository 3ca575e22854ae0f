"""Listens to every command for MongoDB: as this process's driver sends it, and as it arrives at a gateway of ours."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

from pymongo import monitoring

from tests.servers.mongo.heard import ARRIVED, OUTSIDE
from tests.servers.mongo.subset import ADMINISTRATION, OutsideSubset, check

_WRITES: Final = frozenset({"insert", "update", "delete"})

_tidies: Final = ContextVar("tidies", default=False)


class Listener(monitoring.CommandListener):
    """Remembers what was outside of the portable subset, what changed users, and how many writes each database got."""

    def __init__(self) -> None:
        self.outside = OUTSIDE
        self.arrived = ARRIVED
        self.administered: Counter[str] = Counter()
        self.heard: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Look at a command before it is sent. The driver shows nothing of those that hold a password."""
        if _tidies.get():
            return
        self.heard[event.command_name] += 1
        self.writes[event.database_name] += event.command_name in _WRITES
        self.administered[event.command_name] += event.command_name in ADMINISTRATION
        if event.command:
            _look(event.command, self.outside)

    def arrives(self, command: Mapping[str, Any]) -> None:
        """Look at a command before it is answered."""
        _look(command, self.arrived)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing depends on it."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing depends on it."""


@cache
def listening() -> Listener:
    """Return the one listener of this process, which hears every client that is made after the first call."""
    listener = Listener()
    monitoring.register(listener)
    return listener


@contextmanager
def tidying() -> Iterator[None]:
    """Do what only tests do, which the listener does not hear."""
    token = _tidies.set(True)
    try:
        yield
    finally:
        _tidies.reset(token)


def _look(command: Mapping[str, Any], outside: list[str]) -> None:
    if next(iter(command)) in ADMINISTRATION:
        return
    try:
        check(command)
    except OutsideSubset as error:
        outside.append(str(error))
