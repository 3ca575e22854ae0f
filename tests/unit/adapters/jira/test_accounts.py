"""Reports of accounts are made exactly as Atlassian's guide says, and every answer is understood."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from adapters.jira.accounts import ANSWER_LIMIT, CONNECT_PATH, DEADLINE, TRIES, JiraAccountReports
from domain.accounts import Verdict
from entrypoints.http.tokens.outgoing import signer
from entrypoints.loopback import is_trustworthy
from ports.accounts import BATCH, Account, Answer, ConnectSite, ForgeInstallation, Throttled, Way
from ports.errors import (
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
)
from tests.drivers import ERRORS, SECRET
from tests.fakes.sources import FakeTime
from tests.patience import patience
from tests.servers.jira import ACTIVE, CLOSED, CONNECT_HASH, ReportingJira

SITE = ConnectSite("https://a.atlassian.net", "site-a", "s" * 48)
FORGE = ForgeInstallation("system-token")
RETRIEVED = datetime(2025, 6, 1, 12, 0, 0, 123_456, tzinfo=UTC)

Handler = Callable[[httpx.Request], Any]


class Wire:
    """The adapter before a Jira of the tests, and what it asked."""

    def __init__(self, handler: Handler | None = None, *, deadline: float = DEADLINE) -> None:
        self.time = FakeTime()
        self.jira = ReportingJira(self.time.clock, "panorama")
        self.jira.secrets["site-a"] = SITE.secret
        self.jira.tokens.add(FORGE.token)
        self.requests: list[httpx.Request] = []
        self.failures = 0
        self._handler = handler or self.jira.handle
        self.reports = JiraAccountReports(
            sign=signer("panorama", self.time.clock),
            trust=is_trustworthy,
            clock=self.time.clock,
            sleep=self.time.sleep,
            transport=httpx.MockTransport(self._handle),
            deadline=deadline,
        )

    async def report(self, *accounts: str, way: Way = SITE) -> Answer:
        """Report accounts that were all retrieved at one moment."""
        return await self.reports.report(way, [Account(account, RETRIEVED) for account in accounts])

    def _handle(self, request: httpx.Request) -> Any:
        self.requests.append(request)
        if len(self.requests) <= self.failures:
            raise httpx.ConnectError("cut")
        return self._handler(request)


def answering(status: int, content: bytes = b"", **headers: str) -> Handler:
    """Answer everything with the same."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=named, content=content)


@pytest.mark.parametrize("way", [SITE, FORGE], ids=["connect", "forge"])
async def test_jira_takes_the_report_and_says_what_has_become_of_each_account(way: Way) -> None:
    """Closed, updated since it was retrieved, or nothing to say; and how long a cycle is."""
    wire = Wire()
    changed = "557058:00000000-0000-4000-8000-000000000001"
    wire.jira.changed = {changed: RETRIEVED + timedelta(days=1), ACTIVE: RETRIEVED - timedelta(days=1)}
    wire.jira.period = "14 days"
    answer = await wire.report(ACTIVE, CLOSED, changed, way=way)
    assert answer == Answer({CLOSED: Verdict.CLOSED, changed: Verdict.UPDATED}, timedelta(days=14))
    assert wire.jira.reported == [[ACTIVE, CLOSED, changed]]
    assert len(wire.requests) == 1


async def test_no_content_means_that_all_are_as_before() -> None:
    """A Jira that says nothing of the cycle leaves it as it is."""
    wire = Wire()
    wire.jira.period = None
    assert await wire.report(ACTIVE) == Answer({})


@pytest.mark.parametrize("base_url", ["https://a.atlassian.net/", "https://a.atlassian.net/base"])
async def test_the_path_of_a_sites_address_is_kept_and_not_signed(base_url: str) -> None:
    """An address that ends with a slash or has a path is followed by the resource, which alone is signed."""
    wire = Wire(answering(204))
    await wire.report(ACTIVE, way=ConnectSite(base_url, "site-a", SITE.secret))
    (request,) = wire.requests
    assert str(request.url) == f"{base_url.rstrip('/')}{CONNECT_PATH}"
    token = request.headers["Authorization"].removeprefix("JWT ")
    assert jwt.decode(token, options={"verify_signature": False})["qsh"] == CONNECT_HASH


async def test_a_wrong_secret_or_token_is_told_as_such() -> None:
    """Jira refuses; it is not asked again at once."""
    for way in (ConnectSite(SITE.base_url, "site-a", "x" * 48), ForgeInstallation("another")):
        wire = Wire()
        with pytest.raises(PermissionDenied):
            await wire.report(ACTIVE, way=way)
        assert len(wire.requests) == 1


async def test_what_can_be_no_account_is_told_as_such() -> None:
    """Jira refuses the whole report."""
    wire = Wire()
    with pytest.raises(InvalidArgument):
        await wire.report(ACTIVE, "ann")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("count", [0, BATCH + 1])
async def test_a_report_that_jira_could_not_take_is_not_sent(count: int) -> None:
    """None, or more than ninety."""
    wire = Wire()
    with pytest.raises(InvalidArgument):
        await wire.report(*[ACTIVE] * count)
    assert wire.requests == []


@pytest.mark.parametrize("base_url", ["http://a.atlassian.net", "ftp://a.atlassian.net", "", "a.atlassian.net"])
async def test_nothing_is_sent_in_clear(base_url: str) -> None:
    """Plain HTTP, or no address at all."""
    wire = Wire()
    with pytest.raises(PermissionDenied):
        await wire.report(ACTIVE, way=ConnectSite(base_url, "site-a", SITE.secret))
    assert wire.requests == []


async def test_patience_is_told_and_not_shortened_by_trying_again() -> None:
    """429 with Retry-After, and 503 with it, end the call at once."""
    wire = Wire()
    wire.jira.patience = "120"
    with pytest.raises(Throttled) as throttled:
        await wire.report(ACTIVE)
    assert (throttled.value.wait, len(wire.requests)) == (timedelta(seconds=120), 1)
    with pytest.raises(Throttled):
        await Wire(answering(503, Retry_After="5")).report(ACTIVE)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InvalidArgument), (401, PermissionDenied), (403, PermissionDenied), (404, NotFound), (410, NotFound)],
)
async def test_a_refusal_is_not_asked_for_again(status: int, error: type[PortError]) -> None:
    """Each has its meaning; what the answer says besides is nobody's business."""
    wire = Wire(answering(status, b"canary"))
    with pytest.raises(error) as raised:
        await wire.report(ACTIVE)
    assert len(wire.requests) == 1
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("status", [201, 301, 302, 500, 502, 503])
async def test_what_may_pass_is_tried_again(status: int) -> None:
    """Three times in all, with pauses between; a redirection is not followed."""
    wire = Wire(answering(status, Location="https://elsewhere.example"))
    with pytest.raises(Unavailable):
        await wire.report(ACTIVE)
    assert len(wire.requests) == TRIES
    assert wire.time.monotonic() == 3
    assert {request.url.host for request in wire.requests} == {"a.atlassian.net"}


async def test_a_second_try_is_as_good_as_the_first() -> None:
    """What failed once is not told."""
    wire = Wire()
    wire.failures = 1
    assert await wire.report(CLOSED) == Answer({CLOSED: Verdict.CLOSED}, timedelta(days=7))
    assert len(wire.requests) == 2


@pytest.mark.parametrize("silence", [TimeoutError, httpx.ConnectTimeout, httpx.ReadTimeout])
async def test_an_answer_that_does_not_come_in_time_is_told_as_such(silence: Callable[[str], Exception]) -> None:
    """Whether no connection came to be, no part of the answer, or not the whole of it."""

    def silent(_: httpx.Request) -> httpx.Response:
        raise silence("silence")

    with pytest.raises(DeadlineExceeded):
        await Wire(silent).report(ACTIVE)


async def test_a_call_waits_until_its_deadline_at_the_most() -> None:
    """However slowly an answer drips."""

    async def dripping(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(Wire(dripping, deadline=0.01).report(ACTIVE), patience(10))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"accounts": 7}', b'{"accounts": [{"accountId": 7, "status": "closed"}]}', b"\xff"],
)
async def test_an_answer_that_cannot_be_read_is_told(content: bytes) -> None:
    """And does nothing to any account."""
    with pytest.raises(Corrupt):
        await Wire(answering(200, content)).report(ACTIVE)


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """More than ninety verdicts can take is too much."""
    with pytest.raises(Corrupt):
        await Wire(answering(200, b" " * (ANSWER_LIMIT + 1))).report(ACTIVE)


async def test_a_verdict_that_is_not_known_is_none() -> None:
    """Members and verdicts that Atlassian may add some day do no harm."""
    content = b'{"accounts": [{"accountId": "a", "status": "merged", "into": "b"}], "more": 1}'
    assert await Wire(answering(200, content)).report(ACTIVE) == Answer({})
    assert await Wire(answering(200, b"{}")).report(ACTIVE) == Answer({})


async def test_nothing_that_is_sent_is_shown() -> None:
    """Whoever prints what goes back and forth prints no account, no secret and no token."""
    answer = await Wire().report(CLOSED)
    shown = repr((Account(CLOSED, RETRIEVED), SITE, FORGE, answer))
    assert not [secret for secret in (CLOSED, SITE.secret, FORGE.token) if secret in shown]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_what_nobody_expects_of_the_driver_is_an_outage(error: Exception) -> None:
    """It passes no port, is tried again, and tells nothing of its text."""

    def breaks(_: httpx.Request) -> httpx.Response:
        raise error

    wire = Wire(breaks)
    with pytest.raises(Unavailable) as raised:
        await wire.report(ACTIVE)
    assert len(wire.requests) == TRIES
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is error


async def test_the_adapter_gives_up_its_connections() -> None:
    """It is of no use afterwards."""
    wire = Wire()
    await wire.reports.close()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(wire.report(ACTIVE), 1)
