"""Connections as clients make them that are broken, slow, hostile or merely unusual: over raw sockets."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import pytest
from litestar.types import Message, ReceiveMessage

from entrypoints.http.connections import ConnectionLimits
from entrypoints.http.settings import HttpSettings
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service, WallTime, running, serving
from tests.e2e.wishes import add_note, batch
from tests.fakes.house import House

SHORT: Final = ConnectionLimits(head_seconds=1.0, stall_seconds=1.0, drain_seconds=0.2, linger_seconds=0.2)
PATIENCE: Final = 10.0
"""Seconds after which a test fails that waits for a connection to end; nothing waits for them otherwise."""


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
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.send(b" ")
                await asyncio.sleep(0.02)

    async def reply(self) -> Reply:
        """Read one answer with a known length."""
        async with asyncio.timeout(PATIENCE):
            status = int((await self.reader.readline()).split()[1])
            headers = {}
            while line := (await self.reader.readline()).decode().rstrip("\r\n"):
                name, _, value = line.partition(": ")
                headers[name] = value
            return Reply(status, headers, await self.reader.readexactly(int(headers.get("content-length", "0"))))

    async def ended(self) -> bytes:
        """Return what still comes until the service closes the connection."""
        async with asyncio.timeout(PATIENCE):
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


@pytest.fixture
async def line(keys: SandboxKeys) -> AsyncIterator[Line]:
    """Yield a service with the limits of production."""
    async with line_with(keys, ConnectionLimits()) as line:
        yield line


@pytest.fixture
async def hasty(keys: SandboxKeys) -> AsyncIterator[Line]:
    """Yield a service that waits for nobody long."""
    async with line_with(keys, SHORT) as line:
        yield line


H2C: Final = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
WEBSOCKET: Final = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
JSON: Final = "Content-Type: application/json\r\n"


@pytest.mark.parametrize("upgrade", [H2C, WEBSOCKET])
@pytest.mark.parametrize("cut", [None, 20, -9, -1])
async def test_a_request_for_another_protocol_is_read_as_any_other(line: Line, upgrade: str, cut: int | None) -> None:
    """The body is kept, and the request behind it is answered too, wherever the packets are cut."""
    body = b'{"name":"curl"}'
    async with line.open() as wire:
        first = wire.request("POST", "/api/panoramas", body, upgrade + JSON)
        both = first + wire.request("GET", "/healthz")
        at = len(both) if cut is None else cut if cut > 0 else len(first) + cut
        await wire.send(both[:at], both[at:])
        made = await wire.reply()
        assert made.status == 201, made
        assert (await wire.reply()).body == b'{"status":"ok"}'
        await wire.send(wire.request("GET", made.headers["location"]))
        assert json.loads((await wire.reply()).body)["name"] == "curl"


async def test_an_upgrade_without_a_body_or_in_chunks(line: Line) -> None:
    """Framing is the same as without the field: none, or chunked."""
    async with line.open() as wire:
        await wire.send(wire.request("GET", "/healthz", fields=H2C))
        assert (await wire.reply()).status == 200
        chunks = b'8\r\n{"name":\r\n3\r\n"c"\r\n1\r\n}\r\n0\r\n\r\n'
        request = wire.request("POST", "/api/panoramas", chunks, H2C + JSON + "Transfer-Encoding: chunked\r\n")
        await wire.send(request + wire.request("GET", "/healthz", fields=H2C))
        assert [(await wire.reply()).status for _ in range(2)] == [201, 200]


@pytest.mark.parametrize(
    "head",
    [
        f"GET /healthz HTTP/1.1\r\nHost: x\r\n{H2C}Transfer-Encoding: identity\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_cannot_be_read_without_an_upgrade_is_refused(line: Line, head: str) -> None:
    """Framing that is wrong, and a tunnel, which has none, are no error of the service."""
    failed = list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    async with line.open() as wire:
        await wire.send(head.encode())
        assert json.loads((await wire.reply()).body)["type"] == "/schema#request-invalid"
        await wire.ended()
    assert failed == []


def padded(wire: Wire, size: int) -> bytes:
    """Return a request whose line and fields have this size, as the service counts."""
    bare = len(wire.request("GET", "/healthz", fields="X: \r\n")) - len("GET  HTTP/1.1\r\n") - 2
    return wire.request("GET", "/healthz", fields=f"X: {'a' * (size - bare)}\r\n")


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 431)])
async def test_header_fields_have_a_limit(line: Line, over: int, status: int) -> None:
    """64 KiB are taken, a byte more is refused with the problem that says so, and the connection ends."""
    async with line.open() as wire:
        await wire.send(padded(wire, 64 * 1024 + over))
        reply = await wire.reply()
        assert reply.status == status
        if over:
            assert json.loads(reply.body)["type"] == "/schema#headers-too-large"
            assert reply.headers["x-content-type-options"] == "nosniff"
            await wire.ended()


LINE: Final = b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "endless", [LINE + b"X: " + b"a" * 2**20, LINE + b"X: a\r\n" * 2**18, b"\r\n" * 2**19, b"GET /" + b"a" * 2**20]
)
async def test_header_fields_without_an_end_are_refused(line: Line, endless: bytes) -> None:
    """One field, many, blank lines before a request, or its address: the answer comes before the end does."""
    async with line.open() as wire:
        wire.writer.write(endless)
        assert (await wire.reply()).status == 431
        await wire.ended()


async def test_a_trailer_is_no_header_and_has_a_limit(line: Line) -> None:
    """What comes behind a body says nothing about the request, and does not fill the memory."""
    async with line.open() as wire:
        body = b"f\r\n" + b'{"name":"curl"}' + b"\r\n0\r\nIdempotency-Key: " + b"k" * 300 + b"\r\n\r\n"
        fields = JSON + "Transfer-Encoding: chunked\r\n"
        await wire.send(wire.request("POST", "/api/panoramas", body, fields))
        assert (await wire.reply()).status == 201  # As a header, the key would be too long.
    async with line.open() as wire:
        endless = b"0\r\nX: " + b"a" * 2**20
        wire.writer.write(wire.request("POST", "/api/panoramas", endless, fields))
        await wire.ended()


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ("", 400),
        ("Host: a\r\nHost: a\r\n", 400),
        ("Host: a\r\nHost: b\r\n", 400),
        ("Host: a, b\r\n", 400),
        ("Host: a/b\r\n", 400),
        ("Host: user@a\r\n", 400),
        ("Host: a:port\r\n", 400),
        ("Host:\r\n", 200),
        ("Host: a:8080\r\n", 200),
        ("Host: [::1]:8080\r\n", 200),
    ],
)
async def test_a_request_names_its_host_once(line: Line, hosts: str, status: int) -> None:
    """None, two, or what is no host is refused, and the connection goes on."""
    async with line.open() as wire:
        await wire.send(f"GET /healthz HTTP/1.1\r\n{hosts}\r\n".encode())
        reply = await wire.reply()
        assert reply.status == status
        if status == 400:
            assert json.loads(reply.body)["at"] == ["Host"]
        await wire.send(wire.request("GET", "/healthz"))
        assert (await wire.reply()).status == 200


async def test_what_is_no_http_is_refused_as_a_problem(line: Line) -> None:
    """Also where an answer is under way: that one comes whole, and nothing is put into it."""
    async with line.open() as wire:
        await wire.send(b"nonsense\r\n\r\n")
        assert json.loads((await wire.reply()).body)["type"] == "/schema#request-invalid"
        await wire.ended()
    async with line.open() as wire:
        await wire.send(wire.request("GET", f"/api/panoramas/{line.panorama}") + b"nonsense\r\n\r\n")
        assert json.loads((await wire.reply()).body)["name"] == "P"
        assert await wire.ended() == b""
    async with line.open() as wire:
        broken = wire.request("POST", "/api/panoramas", b"nonsense", JSON + "Transfer-Encoding: chunked\r\n")
        await wire.send(broken)
        assert (await wire.reply()).status == 400
        await wire.ended()


async def test_half_sent_requests_go_away(hasty: Line) -> None:
    """Heads without an end, blank lines, silence from the start or behind an answer: each is closed in its time."""
    beginnings = [b"", b"GET", b"GET / HTTP/1.1\r\nX: a", b"\r\n"]
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(hasty.open()) for _ in range(100)]
        for number, wire in enumerate(wires):
            await wire.send(beginnings[number % len(beginnings)])
        reused = await stack.enter_async_context(hasty.open())
        await reused.send(reused.request("GET", "/healthz"))
        assert (await reused.reply()).status == 200
        await reused.send(b"\r\n")
        assert [await wire.ended() for wire in (reused, *wires)] == [b""] * (len(wires) + 1)


async def test_a_body_that_breaks_behind_much_of_it_goes_away(hasty: Line) -> None:
    """Reading waits for the application, which will not read on: the connection is closed all the same."""
    chunk = b"%x\r\n%b\r\n" % (65 * 1024, b"a" * 65 * 1024)
    async with hasty.open() as wire:
        fields = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        await wire.send(wire.request("POST", "/nothing", chunk + b"ZZ\r\n", fields))
        assert (await wire.reply()).status == 400
        with pytest.raises(ConnectionError):
            await wire.trickle()


async def test_a_body_behind_its_answer_does_not_keep_a_connection(hasty: Line) -> None:
    """The rest of a request that is answered already: silence behind it is closed as any other."""
    async with hasty.open() as wire:
        await wire.send(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        assert (await wire.reply()).status == 404
        await wire.send(b"x")
        assert await wire.ended() == b""


@pytest.mark.parametrize("more", [b"\r\n", b"GET /healthz HTTP/1.1\r\n"])
async def test_more_bytes_do_not_end_an_answer_under_way(keys: SandboxKeys, more: bytes) -> None:
    """A blank line, or half of the next request, has its time once the answer is whole."""
    settings = HttpSettings(stream_seconds=2.5)
    limits = ConnectionLimits(head_seconds=1.0, stall_seconds=1.0)
    async with line_with(keys, limits, settings) as line, line.open() as wire:
        await wire.send(wire.request("GET", f"/api/panoramas/{line.panorama}/events?after=1"), more)
        assert b"event: end" in await asyncio.wait_for(wire.reader.readuntil(b"event: end"), PATIENCE)
        await wire.ended()


async def test_a_trickling_head_is_closed(hasty: Line) -> None:
    """The time is counted from the first byte: one byte now and then does not lengthen it."""
    async with hasty.open() as wire:
        await wire.send(b"GET / HTTP/1.1\r\nX: ")
        with pytest.raises(ConnectionError):
            await wire.trickle()


@pytest.mark.parametrize("rest", [b"", b'{"na'])
async def test_a_body_that_stalls_is_closed(hasty: Line, rest: bytes) -> None:
    """The request ends without an answer, and is not counted as a fault of the service."""
    async with hasty.open() as wire:
        await wire.send(wire.request("POST", "/api/panoramas", b'{"name":"x"}', JSON)[:-12] + rest)
        assert await wire.ended() == b""
        async with asyncio.timeout(PATIENCE):
            while (line := hasty.service.lines[-1])["method"] != "POST" or line["status"] == 201:
                await asyncio.sleep(0.01)
        assert line["status"] < 500


async def test_a_body_that_trickles_is_closed(keys: SandboxKeys) -> None:
    """A byte now and then keeps a body from stalling; below the slowest pace it is given up all the same."""
    limits = ConnectionLimits(stall_seconds=0.3, slowest=1000.0)
    async with line_with(keys, limits) as line, line.open() as wire:
        await wire.send(wire.request("POST", "/api/panoramas", b" " * 1000, JSON)[:-1000])
        with pytest.raises(ConnectionError):
            await wire.trickle()


async def test_slow_requests_and_pauses_between_them_are_no_offence(keys: SandboxKeys) -> None:
    """A request whose answer takes long, and a body that comes slowly but steadily, are served."""
    limits = ConnectionLimits(head_seconds=1.0, stall_seconds=2.0, slowest=10.0)
    settings = HttpSettings(stream_seconds=2.5)
    async with line_with(keys, limits, settings) as line, line.open() as wire:
        await wire.send(
            wire.request("GET", f"/api/panoramas/{line.panorama}/events?after=1", fields="Connection: close\r\n")
        )
        assert b"event: end" in await wire.ended()
    async with line_with(keys, limits) as line, line.open() as wire:
        request = wire.request("POST", "/api/panoramas", b'{"name":"slow"}', JSON)
        await wire.send(request[:-15], request[-15:-10])
        await asyncio.sleep(1.1)
        await wire.send(request[-10:-5])
        await asyncio.sleep(1.1)
        await wire.send(request[-5:])
        assert (await wire.reply()).status == 201


@pytest.mark.parametrize(
    ("limits", "notes"),
    [(SHORT, 3000), (ConnectionLimits(unacknowledged_seconds=0.5), 100)],
    ids=["more than is held", "less than is held"],
)
async def test_a_reader_that_stalls_is_given_up(keys: SandboxKeys, limits: ConnectionLimits, notes: int) -> None:
    """A client that takes nothing of an answer is cut off, whether or not its buffers are full."""
    async with line_with(keys, limits) as line:
        async with line.service.client() as ann:
            ann.headers["Authorization"] = line.token
            for _ in range(3):
                added = batch(*(add_note("x" * 250) for _ in range(notes)))
                await ann.post(f"/api/panoramas/{line.panorama}/changes", json=added)
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect((line.host, line.port))
            wire = Wire(asyncio.StreamReader(), None, line.token)  # type: ignore[arg-type]  # writes requests alone
            stalled.sendall(wire.request("GET", f"/api/panoramas/{line.panorama}/events?after=1"))
            async with asyncio.timeout(PATIENCE):
                while not any(each["route"].endswith("/events") for each in line.service.lines):
                    await asyncio.sleep(0.05)


async def test_a_reader_that_takes_its_time_gets_all(keys: SandboxKeys) -> None:
    """Whoever takes something in each period is not cut off."""
    limits = ConnectionLimits(drain_seconds=0.2, slowest=1000.0)
    async with line_with(keys, limits) as line:
        async with line.service.client() as ann:
            ann.headers["Authorization"] = line.token
            for _ in range(3):
                notes = batch(*(add_note("x" * 250) for _ in range(5000)))
                await ann.post(f"/api/panoramas/{line.panorama}/changes", json=notes)
            whole = (await ann.get(f"/api/panoramas/{line.panorama}")).content
        async with line.open(limit=64 * 1024) as wire:
            await wire.send(wire.request("GET", f"/api/panoramas/{line.panorama}"))
            await asyncio.sleep(0.1)
            reply = await wire.reply()
        assert reply.body == whole


async def test_only_so_many_requests_wait_for_one_another(keys: SandboxKeys) -> None:
    """What follows them on the connection is not read; those that were are answered, and the last closes it."""
    async with line_with(keys, ConnectionLimits(pipelined=3)) as line, line.open() as wire:
        await wire.send(wire.request("GET", "/healthz") * 50)
        replies = [await wire.reply() for _ in range(4)]
        assert [reply.status for reply in replies] == [200] * 4
        assert replies[-1].headers["connection"] == "close"
        assert await wire.ended() == b""


async def test_a_refusal_arrives_though_more_is_sent(line: Line) -> None:
    """What follows a head that is too large, or too many requests, is taken in: a reset would destroy the answers."""
    async with line.open() as wire:
        fields = f"X: {'a' * 65536}\r\n"
        await wire.send(wire.request("POST", "/api/panoramas", b" " * 2**22, fields))
        assert (await wire.reply()).status == 431
        assert await wire.ended() == b""
    async with line.open() as wire:
        await wire.send(wire.request("GET", "/healthz") * 2**12)
        replies = [await wire.reply() for _ in range(101)]
        assert replies[-1].headers["connection"] == "close"
        assert await wire.ended() == b""


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"nonsense\r\n\r\n", "request-invalid"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 65536 + b"\r\n\r\n", "headers-too-large"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 2**20, "headers-too-large"),
        (b"GET /", "too-late"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 200, "too-many-requests"),
    ],
)
async def test_what_a_connection_is_broken_off_for_is_counted(hasty: Line, broken: bytes, reason: str) -> None:
    """Each by one of a few reasons; a connection that says nothing is none."""
    async with hasty.open() as silent, hasty.open() as wire:
        await wire.send(broken)
        await asyncio.gather(silent.ended(), wire.ended())
    async with hasty.open() as operator:
        await operator.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        counters = (await operator.reply()).body.decode().splitlines()
    counted = [line for line in counters if line.startswith("panorama_connections_broken_off_total")]
    assert counted == [f'panorama_connections_broken_off_total{{reason="{reason}"}} 1.0']


async def test_as_many_requests_as_may_wait_are_answered(line: Line) -> None:
    """A client that sends several requests at once gets every answer, in order."""
    async with line.open() as wire:
        await wire.send(wire.request("GET", "/healthz") * 100)
        assert [(await wire.reply()).status for _ in range(100)] == [200] * 100


async def test_a_packed_body_is_read(line: Line) -> None:
    """Gzip over the wire: the length in the head is that of the packed body."""
    async with line.open() as wire:
        body = gzip.compress(b'{"name":"packed"}')
        await wire.send(wire.request("POST", "/api/panoramas", body, JSON + "Content-Encoding: gzip\r\n"))
        assert (await wire.reply()).status == 201


@pytest.mark.parametrize("body", [gzip.compress(b"x"), b""])
async def test_a_packed_body_of_a_stream_stops_nothing(line: Line, body: bytes) -> None:
    """The stream begins and goes on, and so does everything else."""
    async with line.open() as wire, line.open() as other:
        path = f"/api/panoramas/{line.panorama}/events?after=1"
        await wire.send(wire.request("GET", path, body, "Content-Encoding: gzip\r\n"))
        assert b"200 OK" in await asyncio.wait_for(wire.reader.readuntil(b": still here"), PATIENCE)
        await other.send(other.request("GET", "/healthz"))
        assert (await other.reply()).status == 200


async def test_a_body_without_an_end_does_not_occupy_a_stream(line: Line) -> None:
    """What a client goes on to send to a stream is looked at now and then, however much of it is there."""
    looks, frames = 0, list[bytes]()
    opened = asyncio.Event()

    async def receive() -> ReceiveMessage:
        nonlocal looks
        looks += 1
        assert looks < 1000
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            frames.append(message["body"])
            opened.set()

    fields = [(b"host", b"x"), (b"authorization", line.token.encode())]
    path = f"/api/panoramas/{line.panorama}/events"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"after=1", "headers": fields}
    stream = asyncio.ensure_future(line.service.app(cast("Any", scope), receive, send))
    async with asyncio.timeout(PATIENCE):
        await opened.wait()
    stream.cancel()
    await asyncio.gather(stream, return_exceptions=True)
    assert looks < 100
    assert b"retry" in frames[0]


async def test_options_of_the_server_itself(line: Line) -> None:
    """`*` is no resource: what is served anywhere is told; nothing else can be asked of it."""
    async with line.open() as wire:
        await wire.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        told = await wire.reply()
        assert (told.status, told.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
        await wire.send(wire.request("GET", "*"))
        assert (await wire.reply()).status == 404


async def test_head_sends_no_body_over_the_wire(line: Line) -> None:
    """The length is that of GET's answer, and the next answer follows at once."""
    async with line.open() as wire:
        await wire.send(wire.request("HEAD", "/healthz") + wire.request("GET", "/healthz"))
        head = await wire.reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 15\r\n" in head
        assert (await wire.reply()).body == b'{"status":"ok"}'
        await wire.send(wire.request("HEAD", f"/api/panoramas/{line.panorama}/events?after=1"))
        assert b"text/event-stream" in await asyncio.wait_for(wire.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        await wire.send(wire.request("GET", "/healthz"))
        assert (await wire.reply()).status == 200
