"""Jira's side of the Personal data reporting API: takes nothing that is not exactly as Atlassian's guide says."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import httpx
import jwt

from ports.sources import Clock

CONNECT_PATH: Final = "/rest/atlassian-connect/latest/report-accounts"
CONNECT_HASH: Final = sha256(f"POST&{CONNECT_PATH}&".encode()).hexdigest()
FORGE_URL: Final = "https://api.atlassian.com/app/report-accounts/"

ACTIVE: Final = "5be24ad8b1653240376955d2"
CLOSED: Final = "5be24ba3f91c106033269289"
"""Two accounts that Atlassian keeps for those who try the API."""

_HOST: Final = "127.0.0.1"
_ACCOUNT: Final = re.compile(r"[0-9a-f]{24}|[0-9]{6}:[0-9a-f-]{36}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MOST: Final = 90


class Refusal(Exception):
    """A request is answered with an error."""

    def __init__(self, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.headers = dict(headers or {})


class ReportingJira:
    """A Jira whose sites are `secrets` by client key, and whose Forge has given out `tokens`.

    `changed` tells when an account was changed last; `patience` is what `Retry-After` says, while it is set.
    """

    def __init__(self, clock: Clock, app_key: str) -> None:
        self.secrets: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.closed = {CLOSED}
        self.changed: dict[str, datetime] = {}
        self.period: str | None = "7 days"
        self.patience: str | None = None
        self.reported: list[list[str]] = []
        self._clock = clock
        self._app_key = app_key

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        try:
            self._admit(request)
            accounts = _accounts(request)
        except Refusal as refusal:
            return httpx.Response(refusal.status, headers=refusal.headers, json={"errorMessage": "canary"})
        self.reported.append([account["accountId"] for account in accounts])
        said = [told for account in accounts if (told := self._said(account)) is not None]
        headers = {} if self.period is None else {"Cycle-Period": self.period}
        if not said:
            return httpx.Response(HTTPStatus.NO_CONTENT, headers=headers)
        return httpx.Response(HTTPStatus.OK, headers=headers, json={"accounts": said})

    def _said(self, account: Mapping[str, str]) -> dict[str, str] | None:
        name, retrieved = account["accountId"], datetime.fromisoformat(account["updatedAt"])
        if name in self.closed:
            return {"accountId": name, "status": "closed"}
        changed = self.changed.get(name)
        return {"accountId": name, "status": "updated"} if changed is not None and changed > retrieved else None

    def _admit(self, request: httpx.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if request.method != "POST" or request.url.query:
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        if str(request.url) == FORGE_URL:
            if scheme != "Bearer" or token not in self.tokens:
                raise Refusal(HTTPStatus.UNAUTHORIZED)
        elif request.url.path != CONNECT_PATH:
            raise Refusal(HTTPStatus.NOT_FOUND)
        elif scheme != "JWT" or not self._is_signed(token):
            raise Refusal(HTTPStatus.FORBIDDEN)
        if self.patience is not None:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": self.patience})

    def _is_signed(self, token: str) -> bool:
        try:
            audience = jwt.decode(token, options={"verify_signature": False})["aud"]
            claims = jwt.decode(
                token,
                self.secrets[audience[0]],
                algorithms=["HS256"],
                audience=audience,
                issuer=self._app_key,
                options={"require": ["iss", "iat", "exp", "qsh"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, KeyError):
            return False
        now = self._clock().timestamp()
        return bool(claims["iat"] <= now <= claims["exp"] and claims["qsh"] == CONNECT_HASH)


def _accounts(request: httpx.Request) -> list[dict[str, str]]:
    if request.headers.get("Content-Type") != "application/json":
        raise Refusal(HTTPStatus.BAD_REQUEST)
    body: Any = json.loads(request.content)
    accounts: list[dict[str, str]] = body["accounts"]
    fit = body.keys() == {"accounts"} and 1 <= len(accounts) <= _MOST
    if not fit or not all(map(_is_account, accounts)):
        raise Refusal(HTTPStatus.BAD_REQUEST)
    return accounts


def _is_account(account: Mapping[str, str]) -> bool:
    if account.keys() != {"accountId", "updatedAt"}:
        return False
    return bool(_ACCOUNT.fullmatch(account["accountId"]) and _MOMENT.fullmatch(account["updatedAt"]))


@contextmanager
def serving(jira: ReportingJira) -> Iterator[str]:
    """Have it answer on a free port of this machine; yield the base URL of its sites."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            url = f"http://{_HOST}{self.path}"
            answer = jira.handle(httpx.Request("POST", url, headers=dict(self.headers.items()), content=body))
            self.send_response(answer.status_code)
            for name in ("Cycle-Period", "Retry-After"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
            """Say nothing."""

    with ThreadingHTTPServer((_HOST, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
