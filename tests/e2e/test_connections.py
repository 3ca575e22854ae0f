"""Connections as clients make them that are broken, hostile or merely unusual: over raw sockets."""

import asyncio
import gzip
import json
from typing import Any, Final, cast

import pytest
from litestar.types import Message, ReceiveMessage

from entrypoints.http.connections import ConnectionLimits
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.wires import JSON, PATIENCE, Line, Wire, line_with
from tests.patience import patience
from tests.shared_material import shared

H2C: Final = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
WEBSOCKET: Final = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"


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


async def test_the_request_of_curl_for_http_2_keeps_its_body(line: Line) -> None:
    """As it was recorded."""
    recorded = shared("cases/upgrade-h2c.http").read_bytes()
    assert b"JWT TOKEN" in recorded
    async with line.open() as wire:
        await wire.send(recorded.replace(b"JWT TOKEN", line.token.encode()), wire.request("GET", "/healthz"))
        assert [(await wire.reply()).status for _ in range(2)] == [201, 200]


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


async def test_an_answer_before_the_body_has_come_arrives(line: Line) -> None:
    """What a client still sends behind an early answer is discarded: a reset would destroy the answer."""
    async with line.open() as wire:
        whole = wire.request("POST", "/api/nowhere", b" " * 2**20, "Connection: close\r\n")
        await wire.send(whole[: 2**16])
        reply = await wire.reply()
        assert (reply.status, reply.headers["connection"]) == (404, "close")
        for begin in range(2**16, len(whole), 2**16):
            await wire.send(whole[begin : begin + 2**16])
        assert await wire.reader.read() == b"", "the end, and no reset"


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


@pytest.mark.parametrize("body", [gzip.compress(b"x"), b""], ids=["packed", "empty"])
async def test_a_packed_body_of_a_stream_stops_nothing(line: Line, body: bytes) -> None:
    """The stream begins and goes on, and so does everything else."""
    async with line.open() as wire, line.open() as other:
        path = f"/api/panoramas/{line.panorama}/events?after=1"
        await wire.send(wire.request("GET", path, body, "Content-Encoding: gzip\r\n"))
        assert b"200 OK" in await asyncio.wait_for(wire.reader.readuntil(b": still here"), patience(PATIENCE))
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
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"after=1",
        "headers": fields,
    }
    stream = asyncio.ensure_future(line.service.app(cast("Any", scope), receive, send))
    async with asyncio.timeout(patience(PATIENCE)):
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
        assert b"text/event-stream" in await asyncio.wait_for(wire.reader.readuntil(b"\r\n\r\n"), patience(PATIENCE))
        await wire.send(wire.request("GET", "/healthz"))
        assert (await wire.reply()).status == 200
