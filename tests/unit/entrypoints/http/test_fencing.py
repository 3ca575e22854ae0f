"""No success is answered to a change once the fence has closed, whatever kind of success it is."""

from http import HTTPStatus

import pytest
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from entrypoints.http.fencing import Fencing
from tests.unit.application.failover.scenes import begun

SUCCESSES = [status.value for status in HTTPStatus if 200 <= status < 400]
FAILURES = [status.value for status in HTTPStatus if status >= 400]


async def answered(method: str, status: int, *, stopped_for: float) -> list[Message]:
    """Return what is sent where a process is stopped for some seconds before it answers a request."""
    made = await begun()
    fence = made.fence("east")
    await fence.confirm()
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        made.time.go_on(seconds=stopped_for)
        await send({"type": "http.response.start", "status": status, "headers": [(b"etag", b'"1.2"')]})
        await send({"type": "http.response.body", "body": b"the ", "more_body": True})
        await send({"type": "http.response.body", "body": b"answer", "more_body": False})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope: HTTPScope = {"type": "http", "method": method, "headers": [], "path": "/", "state": {}}  # type: ignore[typeddict-item] # what is looked at here alone
    await Fencing(app, fence)(scope, receive, send)  # type: ignore[arg-type] # an application and no more
    return sent


def outcome(sent: list[Message]) -> tuple[int, bytes]:
    """Return the status and the body."""
    start = sent[0]
    assert start["type"] == "http.response.start"
    return start["status"], b"".join(each["body"] for each in sent[1:] if each["type"] == "http.response.body")


@pytest.mark.parametrize(
    ("method", "status"), [("PUT", 200), ("PATCH", 200), ("DELETE", 204), *(("POST", status) for status in SUCCESSES)]
)
async def test_a_success_that_comes_too_late_is_replaced(method: str, status: int) -> None:
    """By a problem that says when to come again; nothing of the answer is sent."""
    sent = await answered(method, status, stopped_for=15)
    code, body = outcome(sent)
    assert code == HTTPStatus.SERVICE_UNAVAILABLE
    assert b"read-only" in body
    assert b"answer" not in body
    headers = dict(sent[0]["headers"])  # type: ignore[typeddict-item] # what is looked at here alone
    assert b"retry-after" in headers
    assert b"etag" not in headers
    assert [each["type"] for each in sent].count("http.response.start") == 1


@pytest.mark.parametrize("status", SUCCESSES)
async def test_a_success_in_time_is_sent(status: int) -> None:
    """As it is."""
    assert outcome(await answered("POST", status, stopped_for=14.9)) == (status, b"the answer")


@pytest.mark.parametrize("status", FAILURES)
async def test_a_failure_is_sent_whenever_it_comes(status: int) -> None:
    """It acknowledges nothing."""
    assert outcome(await answered("POST", status, stopped_for=60)) == (status, b"the answer")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_reads_are_answered_behind_a_closed_fence(method: str) -> None:
    """They acknowledge nothing either."""
    assert outcome(await answered(method, 200, stopped_for=60)) == (200, b"the answer")
