"""Connections whose client is slow, falls silent or takes nothing: over raw sockets."""

import asyncio
import socket
from contextlib import AsyncExitStack

import pytest

from entrypoints.http.connections import ConnectionLimits
from entrypoints.http.settings import HttpSettings
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.wires import JSON, PATIENCE, SHORT, Line, Wire, line_with
from tests.e2e.wishes import add_note, batch
from tests.patience import patience


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
        assert b"event: end" in await asyncio.wait_for(wire.reader.readuntil(b"event: end"), patience(PATIENCE))
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
        async with asyncio.timeout(patience(PATIENCE)):
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
            async with asyncio.timeout(patience(PATIENCE)):
                while not (ended := [each for each in line.service.lines if each["route"].endswith("/events")]):
                    await asyncio.sleep(0.05)
        assert [each["status"] for each in ended] == [200]


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
