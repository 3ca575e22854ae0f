"""The layer around every request, around applications of a few lines."""

import io
import json
from typing import Any, cast

import pytest

from entrypoints.http.headers import NO_CONTENT_POLICY, NO_STORE, SECURITY
from entrypoints.http.logs import open_log
from entrypoints.http.metrics import Metrics
from entrypoints.http.middleware import Envelope
from tests.fakes.sources import FakeTime


class Surroundings:
    """An envelope around an application, and what came of it."""

    def __init__(self, app: Any, time: FakeTime | None = None) -> None:
        time = time or FakeTime()
        self.metrics = Metrics()
        self.logged = io.BytesIO()
        self.sent: list[Any] = []
        self._envelope = Envelope(app, self.metrics, open_log(self.logged, time.clock), time.monotonic)

    async def call(self, **scope: Any) -> None:
        """Make one request."""
        whole = cast("Any", {"type": "http", "method": "GET", **scope})  # Only what is looked at.
        await self._envelope(whole, _receive, self._send)

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def line(self) -> dict[str, Any]:
        """Return the only log line."""
        line: dict[str, Any] = json.loads(self.logged.getvalue())
        return line


async def _receive() -> Any:
    return {"type": "http.request"}


def answering(*headers: tuple[bytes, bytes]) -> Any:
    """Return an application that answers with these headers."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        scope["path_template"] = "/a/{b}"
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


async def test_headers_are_added_to_what_there_is() -> None:
    """Every answer is guarded, and not to be kept unless it says more itself."""
    surroundings = Surroundings(answering((b"etag", b'"1.1"')))
    await surroundings.call()
    assert surroundings.sent[0]["headers"] == [(b"etag", b'"1.1"'), *SECURITY, NO_STORE, NO_CONTENT_POLICY]


async def test_an_answer_may_say_more_itself() -> None:
    """What an answer says of caching and content stands."""
    own = ((b"cache-control", b"private"), (b"content-security-policy", b"default-src 'self'"))
    surroundings = Surroundings(answering(*own))
    await surroundings.call()
    assert surroundings.sent[0]["headers"] == [*own, *SECURITY]


async def test_a_client_that_leaves_first_is_logged_as_gone() -> None:
    """No answer was begun, so there is no status of one."""

    async def silent(*_: Any) -> None:
        """Answer nothing."""

    surroundings = Surroundings(silent)
    await surroundings.call(method="BREW")
    assert (surroundings.line["status"], surroundings.line["route"], surroundings.line["method"]) == (
        499,
        "(none)",
        "(none)",
    )
    assert b'status="499"' in await surroundings.metrics.exposition()


async def test_an_error_that_passes_is_counted_too() -> None:
    """Whatever happens, each request leaves one line."""

    async def broken(*_: Any) -> None:
        raise RuntimeError

    surroundings = Surroundings(broken)
    with pytest.raises(RuntimeError):
        await surroundings.call()
    assert surroundings.line["status"] == 499


async def test_the_time_taken_is_measured() -> None:
    """From the request's beginning to the answer's end."""
    time = FakeTime()

    async def slow(*_: Any) -> None:
        time.go_on(seconds=0.25)

    surroundings = Surroundings(slow, time)
    await surroundings.call()
    assert surroundings.line["seconds"] == 0.25


async def test_what_is_no_request_passes() -> None:
    """A server that tells of its own life is not counted."""
    seen: list[str] = []

    async def app(scope: Any, *_: Any) -> None:
        seen.append(scope["type"])

    surroundings = Surroundings(app)
    await surroundings.call(type="lifespan")
    assert seen == ["lifespan"]
    assert surroundings.logged.getvalue() == b""
