"""Log lines: one JSON object each, with fields from a list. What is not on the list is not logged."""

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, BinaryIO, Final, TypeAlias

import msgspec
import structlog

from application.faults import place_of
from ports.sources import Clock

FIELDS: Final = frozenset(
    {
        *("event", "level", "time", "method", "route", "status", "seconds", "tenant", "reason", "fault", "where"),
        *("logger", "job", "steps", "done", "store", "kind", "worker", "pid"),
    }
)
"""All that a line may hold: fixed words, templates, numbers, ids of tenants, names of classes and places in code."""

Log: TypeAlias = structlog.typing.FilteringBoundLogger


def open_log(stream: BinaryIO, clock: Clock) -> Log:
    """Return the logger that writes to `stream`; every line is out when the call returns."""

    def stamp(_logger: object, level: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        allowed = {name: value for name, value in event.items() if name in FIELDS}
        return {"time": clock(), "level": level, **allowed}

    def render(_logger: object, _level: str, event: MutableMapping[str, Any]) -> bytes:
        return msgspec.json.encode(event)

    log: Log = structlog.wrap_logger(
        structlog.BytesLogger(stream),
        processors=[stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    return log


class LibraryHandler(logging.Handler):
    """Carries what libraries log into our log: who, how grave and from where, and not a word of the message."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for the record."""
        fault, trace = (record.exc_info[0], record.exc_info[2]) if record.exc_info else (None, None)
        self._log.warning(
            "library",
            logger=record.name,
            where=place_of(trace) or f"{record.filename}:{record.lineno}",
            fault=fault.__name__ if fault else None,
        )
