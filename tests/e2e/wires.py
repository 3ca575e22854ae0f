"""Raw connections to a service, for what no HTTP client would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from entrypoints.http.connections import ConnectionLimits
from entrypoints.http.settings import HttpSettings
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service, WallTime, running, serving
from tests.fakes.house import House
from tests.patience import patience

SHORT: Final = ConnectionLimits(head_seconds=1.0, stall_seconds=1.0, drain_seconds=0.2, linger_seconds=0.2)
PATIENCE: Final = 10.0
"""Seconds after which a test fails that waits for a connection to end; nothing waits for them otherwise."""


JSON: Final = "Content-Type: application/json\r\n"


class Reply(NamedTuple):
    """One answer, read off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connection to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self.reader = reader
        self.writer = writer
        self.token = token

    def request(self, method: str, path: str, body: bytes = b"", fields: str = "") -> bytes:
        """Return a request as it is sent."""
        length = f"Content-Length: {len(body)}\r\n" if body and "chunked" not in fields else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {self.token}\r\n{length}{fields}\r\n"
        return head.encode() + body

    async def send(self, *parts: bytes) -> None:
        """Send parts so that each arrives alone."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            if len(parts) > 1:
                await asyncio.sleep(0.01)

    async def trickle(self) -> None:
        """Send a byte now and then, until the service has closed the connection: raises ConnectionError then."""
        async with asyncio.timeout(patience(PATIENCE)):
            while True:
                await self.send(b" ")
                await asyncio.sleep(0.02)

    async def reply(self) -> Reply:
        """Read one answer with a known length."""
        async with asyncio.timeout(patience(PATIENCE)):
            status = int((await self.reader.readline()).split()[1])
            headers = {}
            while line := (await self.reader.readline()).decode().rstrip("\r\n"):
                name, _, value = line.partition(": ")
                headers[name] = value
            return Reply(status, headers, await self.reader.readexactly(int(headers.get("content-length", "0"))))

    async def ended(self) -> bytes:
        """Return what still comes until the service closes the connection."""
        async with asyncio.timeout(patience(PATIENCE)):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


class Line:
    """A service on a port, with a panorama of Ann's."""

    def __init__(self, service: Service, address: str, token: str, panorama: str) -> None:
        self.service = service
        self.token = token
        self.panorama = panorama
        url = urlsplit(address)
        self.host, self.port = url.hostname or "", url.port or 0

    @asynccontextmanager
    async def open(self, limit: int = 2**20) -> AsyncIterator[Wire]:
        """Open a connection."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=limit)
        try:
            yield Wire(reader, writer, self.token)
        finally:
            writer.close()


@asynccontextmanager
async def line_with(
    keys: SandboxKeys, limits: ConnectionLimits, settings: HttpSettings | None = None
) -> AsyncIterator[Line]:
    """Serve with these limits."""
    async with running(House(time=WallTime()), keys, settings) as service:
        site = await service.install()
        async with service.client(site) as ann:
            panorama = (await ann.post("/api/panoramas", json={"name": "P"})).json()["id"]
        async with serving(service, limits=limits) as address:
            yield Line(service, address, service.jira.context_token(site, "ann"), panorama)
