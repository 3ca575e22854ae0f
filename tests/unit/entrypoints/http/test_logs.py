"""What a log line may hold."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from application.faults import place_of
from entrypoints.http.logs import LibraryHandler, open_log
from tests.fakes.sources import FakeTime

CANARY = "canary-4f1c"


def test_only_listed_fields_are_logged() -> None:
    """A field that nobody thought about is dropped, whatever it holds."""
    stream = io.BytesIO()
    open_log(stream, FakeTime().clock).info("request", status=200, token=CANARY, query=CANARY, title=CANARY)
    assert json.loads(stream.getvalue()) == {
        "event": "request",
        "level": "info",
        "status": 200,
        "time": "2026-01-01T00:00:00Z",
    }


def test_each_line_is_one_json_object() -> None:
    """Lines come in order, one object each."""
    stream = io.BytesIO()
    log = open_log(stream, FakeTime().clock)
    log.info("one")
    log.warning("two")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("one", "info"), ("two", "warning")]


@pytest.fixture
def logged() -> Iterator[io.BytesIO]:
    """Yield what is logged of the library `driver`."""
    stream = io.BytesIO()
    logger = logging.getLogger("driver")
    logger.propagate = False
    handler = LibraryHandler(open_log(stream, FakeTime().clock))
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_what_a_library_says_is_not_repeated(logged: io.BytesIO) -> None:
    """Its name and the place in its code are logged, its words and its arguments are not."""
    logging.getLogger("driver").warning("cannot write %s", CANARY)
    line = json.loads(logged.getvalue())
    assert (line["event"], line["logger"]) == ("library", "driver")
    assert line["where"].startswith("test_logs.py:")
    assert CANARY not in logged.getvalue().decode()


def test_an_error_is_logged_by_class_and_place(logged: io.BytesIO) -> None:
    """What an exception says may be anybody's text."""
    with pytest.raises(ValueError, match=CANARY) as raised:
        int(CANARY)
    logging.getLogger("driver").error("failed with %s", CANARY, exc_info=raised.value)
    line = json.loads(logged.getvalue())
    assert (line["fault"], line["logger"]) == ("ValueError", "driver")
    assert line["where"] == place_of(raised.tb)
    assert line["where"].startswith("test_logs.py:")
    assert CANARY not in logged.getvalue().decode()
