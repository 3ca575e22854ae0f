"""Where public keys come from: documents of key servers, fetched over HTTPS."""

import asyncio
from typing import Final, Protocol

import httpx

from entrypoints.loopback import is_trustworthy
from ports.edges import port_errors_only
from ports.errors import InvalidArgument, Unavailable

DEADLINE: Final = 3.0
"""Seconds that a whole fetch may take."""

DOCUMENT_LIMIT: Final = 256 * 1024
"""The largest document in bytes."""

_CONNECTIONS: Final = 8


class KeySource(Protocol):
    """Fetches small public documents."""

    async def fetch(self, url: str) -> bytes | None:
        """Return the document, None where there is none; raises Unavailable where no answer came in time."""


class HttpKeySource:
    """Fetches over HTTPS, over plain HTTP from this machine only (for the sandbox); follows no redirect.

    `transport` is whatever carries the requests where it is not the network.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, *, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(deadline),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            follow_redirects=False,
            transport=transport,
        )

    async def fetch(self, url: str) -> bytes | None:
        """Return the document, None for 404 and 410; raises Unavailable, and InvalidArgument for another scheme."""
        if not is_trustworthy(url):
            raise InvalidArgument("keys come over HTTPS only")
        with port_errors_only():
            try:
                async with asyncio.timeout(self._deadline), self._client.stream("GET", url) as answer:
                    return await _document(answer)
            except (httpx.HTTPError, TimeoutError) as exc:
                raise Unavailable("the key server did not answer") from exc

    async def close(self) -> None:
        """Give up all connections."""
        await self._client.aclose()


async def _document(answer: httpx.Response) -> bytes | None:
    if answer.status_code in {404, 410}:
        return None
    if answer.status_code != httpx.codes.OK:
        raise Unavailable("the key server answered with an error")
    document = b""
    async for part in answer.aiter_bytes():
        document += part
        if len(document) > DOCUMENT_LIMIT:
            raise Unavailable("the key server answered with too much")
    return document
