"""What machines ask of the service: whether it lives, whether it can serve, and its counters."""

import asyncio
from pathlib import Path

import httpx
import pytest

from entrypoints.http.logs import open_log
from entrypoints.http.server import uvicorn_server
from entrypoints.http.settings import HttpSettings, Listen
from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import Unavailable
from tests.e2e.service import COUNTERS, Service, WallTime, running, serving
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House


async def test_a_process_that_answers_lives(service: Service, storage: FlakyStorage) -> None:
    """Health asks nothing of the outside, so that an outage restarts nobody."""
    storage.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000_000),)
    async with service.client() as machine:
        answer = await machine.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_service_is_ready_when_everything_answers(service: Service) -> None:
    """Each part is named and fine."""
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"storage": "ok", "vault": "ok", "keys spare": "ok"})


async def test_a_storage_that_is_out_is_named(service: Service, storage: FlakyStorage) -> None:
    """Readiness is 503 with the part that is out, and logged."""
    storage.plan = (Fault(1, Harm.LOST_REQUEST, times=1_000_000),)
    storage.steps.clear()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["storage"], answer.json()["vault"]) == (503, "unavailable", "ok")
    assert answer.headers["retry-after"] == "1"
    assert service.lines[-1]["status"] == 503


async def test_keys_that_are_out_are_named(service: Service) -> None:
    """A key manager that does not answer makes the vault's check fail."""
    service.house.key_manager.failure = Unavailable()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["storage"]) == (503, "ok")
    assert answer.json()["vault"] == "unavailable"


async def test_a_part_that_can_be_done_without_is_named_and_does_not_end_the_service(service: Service) -> None:
    """A blob store or one of several key managers that is out shows, and requests go on being sent here."""
    service.spare.failure = Unavailable()
    async with service.client() as machine:
        answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["keys spare"], answer.json()["vault"]) == (200, "unavailable", "ok")


@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", 404), ("unknown", 404), ("127.0.0.1", 200), ("::1", 200)])
async def test_counters_are_for_operators(service: Service, address: str, status: int) -> None:
    """From any other network there is nothing at that address."""
    async with service.client(address=address) as machine:
        answer = await machine.get(COUNTERS)
        assert (await machine.get("/metrics")).status_code == 404
    assert answer.status_code == status


async def test_counters_are_not_public_over_a_unix_socket(keys: SandboxKeys, tmp_path: Path) -> None:
    """Whatever listens before the socket, everybody comes from there."""
    for operators, status in ((("127.0.0.0/8",), 404), (("unix",), 200)):
        path = tmp_path / f"{status}.sock"
        async with running(House(time=WallTime()), keys, HttpSettings(operators=operators)) as service:
            listen = Listen(socket=str(path))
            server = uvicorn_server(service.services, listen, open_log(service.logged, service.house.time.clock))
            serving = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.005)
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport) as client:
                for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}):
                    assert (await client.get(COUNTERS, headers=headers)).status_code == status
            server.should_exit = True
            await serving


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [
        (("127.0.0.1",), None, 404),
        (("127.0.0.1",), "203.0.113.9", 404),
        (("127.0.0.1",), "127.0.0.1, 203.0.113.9", 404),
        (("127.0.0.1",), "127.0.0.1", 200),
        ((), None, 200),
        ((), "127.0.0.1", 404),
        (("10.0.0.1",), None, 200),
        (("10.0.0.1",), "127.0.0.1", 404),
        (("10.0.0.1",), "203.0.113.9", 404),
        (("127.0.0.1", "10.0.0.1"), "127.0.0.1, 10.0.0.1", 200),
        (("*",), "127.0.0.1", 404),
    ],
)
async def test_counters_are_not_public_through_a_proxy(
    keys: SandboxKeys, proxies: tuple[str, ...], forwarded: str | None, status: int
) -> None:
    """One that forwards no address stands for all its clients; a forwarded one counts where the proxy is named."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    async with (
        running(House(time=WallTime()), keys) as service,
        serving(service, Listen(port=0, proxies=proxies)) as address,
        httpx.AsyncClient(base_url=address, headers=headers) as client,
    ):
        assert (await client.get("/metrics")).status_code == status


async def test_operators_may_be_elsewhere(keys: SandboxKeys) -> None:
    """The networks that may read counters are configured."""
    settings = HttpSettings(operators=("10.0.0.0/8",))
    async with running(House(), keys, settings) as service, service.client(address="10.1.2.3") as machine:
        assert (await machine.get("/metrics")).status_code == 200
