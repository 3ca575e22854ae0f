"""How the demo calls the service: over HTTP, as Jira and as users of the site."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, TypeAlias

import httpx
import msgspec

from entrypoints.sandbox.calls import Callback
from entrypoints.sandbox.forge import LARGE_CONTEXT, ForgeSite
from entrypoints.sandbox.jira import ConnectSite, SandboxJira

_JSON: Final = {"Content-Type": "application/json"}
_DATA: Final = "data: "

Action: TypeAlias = Mapping[str, Any]
"""One action of a batch, as JSON."""


class UnexpectedAnswer(Exception):
    """The service answered something else than the demo counts on; says what, without any token."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        super().__init__(f"{method} {path} was answered with {answer.status_code}")
        self.status = answer.status_code


class Outline(msgspec.Struct, frozen=True):
    """A panorama as the service shows it."""

    id: str
    version: str
    name: str
    nodes: list[tuple[str, int, str, int | str, int]]
    """Each: id, depth, kind, issue id or title, flags; depth-first."""


class Change(msgspec.Struct, frozen=True):
    """What an accepted request did."""

    version: str
    author: str
    facts: list[dict[str, Any]]
    made: dict[str, str]
    """The ids of new nodes, by the negative number that the request gave them."""


Credentials: TypeAlias = Callable[[], Mapping[str, str]]
"""Makes the headers that one call says with who makes it."""


class Caller:
    """One user of a site, with a fresh token for each call."""

    def __init__(self, client: httpx.AsyncClient, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials

    async def panoramas(self) -> list[dict[str, Any]]:
        """Return the list of panoramas."""
        listed: dict[str, Any] = msgspec.json.decode((await self._call("GET", "/api/panoramas")).content)
        panoramas: list[dict[str, Any]] = listed["panoramas"]
        return panoramas

    async def begin(self, name: str) -> str:
        """Begin a panorama and return its id."""
        answer = await self._call("POST", "/api/panoramas", msgspec.json.encode({"name": name}))
        return str(answer.json()["id"])

    async def outline(self, panorama: str) -> Outline:
        """Return the newest state."""
        answer = await self._call("GET", f"/api/panoramas/{panorama}")
        return msgspec.json.decode(answer.content, type=Outline)

    async def change(self, panorama: str, actions: Sequence[Action]) -> Change:
        """Carry out a batch."""
        body = msgspec.json.encode({"actions": actions})
        answer = await self._call("POST", f"/api/panoramas/{panorama}/changes", body)
        return msgspec.json.decode(answer.content, type=Change)

    async def undo(self, panorama: str) -> Change:
        """Take back the user's own last change."""
        answer = await self._call("POST", f"/api/panoramas/{panorama}/undo")
        return msgspec.json.decode(answer.content, type=Change)

    async def bring_in(self, documents: bytes, key: str) -> list[str]:
        """Import documents and return the ids of the panoramas; a repeat with the same key doubles nothing."""
        answer = await self._call("POST", "/api/panoramas/imports", documents, {"Idempotency-Key": key})
        return [str(each["id"]) for each in answer.json()["panoramas"]]

    @asynccontextmanager
    async def listening(self, panorama: str, after: str) -> AsyncIterator[AsyncIterator[Change]]:
        """Follow the changes beyond a version as they come; the stream is open when the block begins."""
        path = f"/api/panoramas/{panorama}/events"
        async with self._client.stream(
            "GET", path, params={"after": after}, headers=dict(self._credentials())
        ) as answer:
            if answer.is_error:
                raise UnexpectedAnswer("GET", path, answer)
            async with aclosing(_changes(answer)) as changes:
                yield changes

    async def _call(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        sent = {**self._credentials(), **(_JSON if content is not None else {}), **(headers or {})}
        answer = await self._client.request(method, path, content=content, headers=sent)
        if answer.is_error:
            raise UnexpectedAnswer(method, path, answer)
        return answer


def through_connect(jira: SandboxJira, site: ConnectSite, account: str) -> Credentials:
    """Return what a page of Connect says with who calls."""
    return lambda: {"Authorization": jira.context_token(site, account)}


def through_forge(jira: SandboxJira, site: ForgeSite, account: str) -> Credentials:
    """Return what Forge says with who calls; a page's context is as large there as it gets."""
    return lambda: jira.forge.page_headers(site, account, context_size=LARGE_CONTEXT)


async def tell(client: httpx.AsyncClient, callback: Callback) -> None:
    """Make a request that Jira makes of its own accord."""
    answer = await client.post(callback.path, content=callback.body, headers=callback.headers)
    if answer.is_error:
        raise UnexpectedAnswer("POST", callback.path, answer)


async def _changes(answer: httpx.Response) -> AsyncGenerator[Change, None]:
    async for line in answer.aiter_lines():
        if line.startswith(_DATA):
            yield msgspec.json.decode(line.removeprefix(_DATA), type=Change)
