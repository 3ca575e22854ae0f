"""The parent of the workers: it replaces one that ends, stops all, and does not outlive what it cannot repair."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import pytest

from entrypoints.cli.exits import Exit
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.workers.worker_service import WorkerService, is_alive
from tests.faults.writers import Promise, Writer, outline
from tests.patience import Deadline, patience
from tests.processes import Machine


async def test_a_worker_that_is_killed_is_replaced_while_requests_go_on(
    computer: Machine, service: WorkerService, site: ConnectSite
) -> None:
    """Each in its turn; what was under way there is repeated elsewhere, and all that was acknowledged is kept once."""
    headers = {"Authorization": computer.jira.context_token(site, "ann")}
    fresh = httpx.Limits(max_keepalive_connections=0)  # Each request makes a connection, to whichever worker takes it.
    async with httpx.AsyncClient(
        base_url=service.process.url, headers=headers, limits=fresh, timeout=patience(30)
    ) as client:
        panorama = str((await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"])
        writer, over = Writer(panorama), asyncio.Event()

        async def write(first: int) -> None:
            issue = first
            while not over.is_set():
                try:
                    await writer.ask(client, Promise(f"key-{issue}", issue))
                except httpx.TransportError:
                    continue  # Of a worker that was killed; repeated under its key.
                issue += 1

        writing = [asyncio.create_task(write(first)) for first in (1, 100_001)]
        try:
            for number in (1, 2):
                before = service.pids[number]
                service.kill(number)
                await asyncio.to_thread(service.await_replacement, number)
                assert service.pids[number] != before
        finally:
            over.set()
            await asyncio.gather(*writing)
        issues = sorted(row[3] for row in (await outline(client, panorama))["nodes"])
    assert writer.unanswered == []
    assert issues == sorted(promise.issue for promise in writer.promises.values())
    ends = [(line["worker"], line["reason"]) for line in service.lines if line["event"] == "worker-ended"]
    assert ends == [(1, "signal 9"), (2, "signal 9")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_the_parent_stops_all_in_order(
    service: WorkerService, site: ConnectSite, number: signal.Signals
) -> None:
    """A stream ends with its last event, the databases are closed, and the exit code is 0."""
    async with service.client(1, site) as ann:
        panorama = (await ann.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
        async with ann.stream("GET", f"/api/panoramas/{panorama}/events?after=1") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            os.kill(service.process.pid, number)
            rest = [line async for line in lines]
    assert "event: end" in rest
    assert await asyncio.to_thread(service.process.wait) == Exit.DONE
    assert [number for number, pid in service.pids.items() if is_alive(pid)] == []
    assert list(service.computer.data.glob("*-wal")) == []
    assert [line["reason"] for line in service.lines if line["event"] == "worker-ended"] == ["exit code 0"] * 2


def test_workers_end_with_a_parent_that_is_killed(computer: Machine, service: WorkerService) -> None:
    """Otherwise they would keep the next service from its port."""
    pids = list(service.pids.values())
    service.process.kill()
    deadline = Deadline(30)
    while any(map(is_alive, pids)):
        assert not deadline.has_passed()
    with socket.create_server(("127.0.0.1", service.process.port)) as free:
        assert free.getsockname()[1] == service.process.port
    assert list(computer.data.glob("*-wal")) == []


def test_the_parent_forks_from_a_single_thread(service: WorkerService) -> None:
    """What another thread held would be held in the worker for good. It has no database open either."""
    status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="utf-8")
    assert "Threads:\t1\n" in status
    files = [each.readlink() for each in Path(f"/proc/{service.process.pid}/fd").iterdir()]
    assert files
    assert [path for path in files if ".db" in path.name] == []


def run(computer: Machine, port: int) -> subprocess.CompletedProcess[str]:
    """Serve with two workers, to the end."""
    return computer.run("serve", "--workers", "2", settings={"PANORAMA_SERVER__PORT": str(port)})


def test_a_port_that_is_taken_ends_the_command_at_once(computer: Machine) -> None:
    """Before any worker is started, or anything opened; said once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(computer, port)
    assert result.returncode == Exit.UNAVAILABLE
    assert f"127.0.0.1:{port} is taken" in result.stderr
    assert "PANORAMA_SERVER__PORT" in result.stderr
    assert (result.stdout, computer.data.exists()) == ("", False)


def test_two_services_of_workers_do_not_share_a_port(computer: Machine, service: WorkerService) -> None:
    """As they would by SO_REUSEPORT, without a word."""
    result = run(computer, service.process.port)
    assert result.returncode == Exit.UNAVAILABLE
    assert f"127.0.0.1:{service.process.port} is taken" in result.stderr


def test_workers_that_cannot_start_end_the_command_with_the_reason(computer: Machine, free: int) -> None:
    """It is that of the first one, and said once: no other is started."""
    computer.data.mkdir()
    (computer.data / "keyring").write_text("nothing", encoding="utf-8")
    (computer.data / "keyring").chmod(0o644)
    result = run(computer, free)
    assert result.returncode == Exit.UNAVAILABLE, result.stderr
    assert result.stderr.count("sites.local.keys") == 1
    assert result.stdout.count("worker-started") == 1


PATIENT: Final = {"PANORAMA_SITES__LOCAL__DEADLINE": "60"}
"""A service that waits for long until its storage opens."""


@pytest.fixture
def locked(computer: Machine) -> Iterator[None]:
    """Keep any service from opening its storage, which it waits for."""
    computer.data.mkdir()
    with closing(sqlite3.connect(computer.data / "storage.db", isolation_level=None)) as storage:
        storage.execute("BEGIN EXCLUSIVE")
        yield


def test_a_worker_that_is_killed_before_it_serves_is_named(computer: Machine, locked: None) -> None:
    """With exit code 4. Until then connections are refused, so that a load balancer sends nothing here."""
    service = WorkerService(computer, "--workers", "2", settings=PATIENT)
    service.until(lambda: 1 in service.pids)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", service.process.port))
    service.kill(1)
    assert service.process.wait() == Exit.UNAVAILABLE
    assert "worker 1 was ended by signal 9" in service.process.log.read_text(encoding="utf-8")
    assert service.ready == []


def test_a_signal_before_any_worker_serves_ends_the_command(computer: Machine, locked: None) -> None:
    """At once, since nothing is under way; as with one process, but with exit code 0."""
    service = WorkerService(computer, "--workers", "2", settings=PATIENT)
    service.until(lambda: 1 in service.pids)
    assert service.process.stop() == Exit.DONE
    assert not is_alive(service.pids[1])


@pytest.mark.parametrize("count", ["0", "65", "+2", "two"])
def test_a_number_of_workers_is_one_from_1_to_64(computer: Machine, count: str) -> None:
    """Anything else is wrong usage."""
    result = computer.run("serve", "--workers", count)
    assert result.returncode == Exit.USAGE
    assert "--workers" in result.stderr


async def test_workers_share_a_unix_socket(computer: Machine, tmp_path: Path) -> None:
    """One that was left behind is replaced, one that is served is not; counters need `unix` among the operators."""
    path = tmp_path / "panorama.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    settings = {"PANORAMA_SERVER__SOCKET": str(path), "PANORAMA_HTTP__OPERATORS": "unix"}
    service = WorkerService(computer, "--workers", "2", settings=settings).await_ready()
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://x") as client:
        for number in (1, 2):
            with service.only(number):
                assert (await client.get("/healthz", headers={"Connection": "close"})).is_success
        assert 'panorama_worker_up{worker="2"} 1.0' in (await client.get("/metrics")).text
    result = computer.run("serve", "--workers", "2", settings=settings)
    assert (result.returncode, f"{path} is taken" in result.stderr) == (Exit.UNAVAILABLE, True)
    assert service.process.stop() == Exit.DONE


def test_the_configuration_names_workers_too(computer: Machine) -> None:
    """`server.workers` is what the option is without."""
    service = WorkerService(computer, count=3, settings={"PANORAMA_SERVER__WORKERS": "3"}).await_ready()
    assert sorted(service.pids) == [1, 2, 3]
    assert service.process.stop() == Exit.DONE
