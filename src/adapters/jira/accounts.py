"""Reports accounts to Jira by the Personal data reporting API.

Source: Atlassian's "User privacy guide for app developers" (developer.atlassian.com/cloud/jira/platform/
user-privacy-developer-guide and .../platform/forge/user-privacy-guidelines). An app of Connect posts to
`/rest/atlassian-connect/latest/report-accounts` of the site, signed like its every request; others post to
`https://api.atlassian.com/app/report-accounts/` with a token that has the scope `report:personal-data`, which is also
where `@forge/api` sends them. Both take `{"accounts": [{"accountId", "updatedAt"}]}`, 90 at the most, and answer 200
with `{"accounts": [{"accountId", "status"}]}`, the status being `closed` or `updated`, or 204; 400 for what is
malformed, 403 for who may not, 429 with `Retry-After`; `Cycle-Period` says how often they want to be told.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import httpx
import msgspec

from adapters.jira.headers import cycle_period, retry_after
from domain.accounts import Verdict
from ports.accounts import BATCH, Account, Answer, ConnectSite, Throttled, Way
from ports.edges import port_errors_only
from ports.errors import (
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
    Unavailable,
)
from ports.sources import Clock, Sleep

CONNECT_PATH: Final = "/rest/atlassian-connect/latest/report-accounts"
FORGE_URL: Final = "https://api.atlassian.com/app/report-accounts/"

DEADLINE: Final = 5.0
"""Seconds that one try may take."""

TRIES: Final = 3
ANSWER_LIMIT: Final = 64 * 1024
"""The largest answer in bytes; 90 verdicts take a tenth of that."""

_CONNECTIONS: Final = 4

Sign: TypeAlias = Callable[[ConnectSite, str, str], str]
"""Returns the token of a request to a site, by its method and its path."""

Trust: TypeAlias = Callable[[str], bool]
"""Whether nobody in between can read or forge what is exchanged with a URL."""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    account_id: str
    status: str


class _Body(msgspec.Struct, frozen=True):
    accounts: list[_Status] = []


class JiraAccountReports:
    """Speaks HTTPS, plain HTTP to this machine alone; follows no redirect; tries again what did not answer."""

    def __init__(
        self,
        *,
        sign: Sign,
        trust: Trust,
        clock: Clock,
        sleep: Sleep,
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        """`transport` carries the requests where it is not the network."""
        self._deadline = deadline
        self._sign = sign
        self._trust = trust
        self._clock = clock
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(deadline),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            follow_redirects=False,
            transport=transport,
        )

    async def report(self, way: Way, accounts: Sequence[Account]) -> Answer:
        if not 1 <= len(accounts) <= BATCH:
            raise InvalidArgument(f"a report names 1 to {BATCH} accounts")
        for attempt in range(1, TRIES):
            try:
                return await self._try(way, accounts)
            except Throttled:
                raise
            except Unavailable:
                await self._sleep(attempt)
        return await self._try(way, accounts)

    async def close(self) -> None:
        await self._client.aclose()

    async def _try(self, way: Way, accounts: Sequence[Account]) -> Answer:
        url, authorization = self._addressed(way)
        headers = {"Authorization": authorization, "Content-Type": "application/json", "Accept": "application/json"}
        content = msgspec.json.encode({"accounts": [_said(account) for account in accounts]})
        with port_errors_only():
            return await self._post(url, headers, content)

    async def _post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._client.stream("POST", url, headers=headers, content=content) as answer,
            ):
                return self._understood(answer, await _body(answer))
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise DeadlineExceeded("Jira did not answer in time") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unavailable("Jira did not answer") from exc

    def _addressed(self, way: Way) -> tuple[str, str]:
        if not isinstance(way, ConnectSite):
            return FORGE_URL, f"Bearer {way.token}"
        url = f"{way.base_url.rstrip('/')}{CONNECT_PATH}"
        if not self._trust(url):
            raise PermissionDenied("accounts are reported over HTTPS only")
        return url, f"JWT {self._sign(way, 'POST', CONNECT_PATH)}"

    def _understood(self, answer: httpx.Response, body: bytes) -> Answer:
        status = answer.status_code
        period = cycle_period(answer.headers.get("Cycle-Period"))
        if status == HTTPStatus.NO_CONTENT:
            return Answer({}, period)
        if status == HTTPStatus.OK:
            return Answer(_verdicts(body), period)
        wait = answer.headers.get("Retry-After")
        if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None):
            raise Throttled(retry_after(wait, self._clock()))
        raise _ERRORS.get(status, Unavailable)(f"Jira answered {status}")


_ERRORS: Final[Mapping[int, type[PortError]]] = {
    HTTPStatus.BAD_REQUEST: InvalidArgument,
    HTTPStatus.UNAUTHORIZED: PermissionDenied,
    HTTPStatus.FORBIDDEN: PermissionDenied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: NotFound,
}


def _said(account: Account) -> dict[str, str]:
    return {"accountId": account.id, "updatedAt": _moment(account.retrieved)}


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"


async def _body(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > ANSWER_LIMIT:
            raise Corrupt("Jira answered with too much")
    return body


def _verdicts(body: bytes) -> dict[str, Verdict]:
    """A verdict that is not known is none: it says nothing that could be obeyed."""
    known = {verdict.value: verdict for verdict in Verdict}
    try:
        told = msgspec.json.decode(body, type=_Body).accounts
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise Corrupt("Jira's answer cannot be read") from exc
    return {each.account_id: known[each.status] for each in told if each.status in known}
