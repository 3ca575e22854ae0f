"""The connection is cut after the commit and before the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.processes import Machine, Process

REQUESTS = {
    "create": ("POST", "/api/panoramas", {"name": "Again"}),
    "edit": (
        "POST",
        "/api/panoramas/{id}/changes",
        {"actions": [{"action": "add", "kind": "NOTE", "title": "Again", "node": -1, "place": {"under": None}}]},
    ),
    "undo": ("POST", "/api/panoramas/{id}/undo", None),
    "redo": ("POST", "/api/panoramas/{id}/redo", None),
    "copy": ("POST", "/api/panoramas/{id}/copies", {"at": "1.1", "name": "Again"}),
}


@asynccontextmanager
async def cutting(process: Process) -> AsyncIterator[str]:
    """Yield the address of a line to the service that is cut as soon as the service has answered."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_service, from_service = await asyncio.open_connection("127.0.0.1", process.port)
        request = asyncio.create_task(_pass_on(reader, from_service))
        await to_service.read(1)
        request.cancel()
        from_service.close()
        writer.transport.abort()

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65_536):
        writer.write(part)


async def _count(client: httpx.AsyncClient, panorama: str) -> tuple[int, str]:
    panoramas = len((await client.get("/api/panoramas")).json()["panoramas"])
    return panoramas, (await client.get(f"/api/panoramas/{panorama}")).json()["version"]


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
async def test_a_repeat_after_a_lost_answer_gets_that_answer(computer: Machine, request_: str) -> None:
    """The service has committed, the client has heard nothing: the same key gets the answer and doubles nothing."""
    process = computer.start()
    site = computer.install(process)
    async with computer.client(process, site) as client, cutting(process) as line:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
        note = {"action": "add", "kind": "NOTE", "title": "Note", "place": {"under": None}}
        await client.post(f"/api/panoramas/{panorama}/changes", json={"actions": [note]})
        if request_ == "redo":
            await client.post(f"/api/panoramas/{panorama}/undo")
        method, path, body = REQUESTS[request_]
        path = path.format(id=panorama)
        key = {"Idempotency-Key": "the same"}
        with pytest.raises(httpx.TransportError):
            await client.request(method, f"{line}{path}", json=body, headers=key)
        committed = await _count(client, panorama)
        answers = [await client.request(method, path, json=body, headers=key) for _ in range(2)]
        assert all(answer.is_success for answer in answers), answers[0].text
        assert answers[0].content == answers[1].content
        assert await _count(client, panorama) == committed, "the repeat did something"
