"""Listens to every command that the driver sends, to whichever server, from whichever client is made later."""

from collections import Counter
from functools import cache

from pymongo import monitoring

from tests.servers.mongo.subset import ADMINISTRATION, OutsideSubset, check

_WRITES = frozenset({"insert", "update", "delete"})


class Listener(monitoring.CommandListener):
    """Remembers what was outside of the portable subset, what changed users, and how many writes each database got."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.administered: Counter[str] = Counter()
        self.heard: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Look at a command before it is sent. The driver shows nothing of those that hold a password."""
        self.heard[event.command_name] += 1
        self.writes[event.database_name] += event.command_name in _WRITES
        if event.command_name in ADMINISTRATION:
            self.administered[event.command_name] += 1
        elif event.command:
            try:
                check(event.command)
            except OutsideSubset as error:
                self.outside.append(str(error))

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
