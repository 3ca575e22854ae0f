"""Passwords are replaced while two processes serve: no request fails, and the old ones let nobody in."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from adapters.mongo import open_mongo
from ports.errors import PermissionDenied
from tests.faults.writers import Promise, Writer, outline
from tests.patience import patience
from tests.processes import Machine, machine
from tests.report import not_proven
from tests.rounds import rounds
from tests.servers.chroot import NotHere
from tests.servers.mongo.starting import mongo_documentdb, mongo_memory
from tests.shared_material import REPOSITORY

PARTS = ("storage", "vault")
FIRST = "Correct-Horse-1"
ADMINISTRATOR = "Correct-Horse-0"
SETTINGS = {
    "PANORAMA_ACTIVE": "cloud",
    "PANORAMA_CREDENTIALS__POLL_SECONDS": "0.5",
    "PANORAMA_CREDENTIALS__SETTLE_SECONDS": "2",
    "PANORAMA_HTTP__REQUESTS_PER_SECOND": "100000",
    "PANORAMA_HTTP__BURST": "100000",
}
PAUSE = 0.02
COMMAND = re.compile(r"```json\n(\{\"create.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Cluster:
    """A running server with a database for each part, and how to come in at first."""

    addresses: dict[str, str]
    """By the name of the secret that each is kept as."""

    administrator: bool = False

    @property
    def configuration(self) -> str:
        """Return the site on it."""
        lines = [f'{part}_administrator = "secret:administrator"' for part in PARTS if self.administrator]
        return "\n".join(
            [
                "[sites.cloud]",
                'region = "us-east-1"',
                *(f'{part} = "secret:{part}"' for part in PARTS),
                'keys = ["file:keyring"]',
                'secrets = "file:secrets?keyring=keyring"',
                *lines,
            ]
        )


def documented(database: str, user: str) -> Iterator[dict[str, Any]]:
    """Yield the commands of docs/mongodb.md that make two users, for a database and users of other names."""
    page = (REPOSITORY / "docs" / "mongodb.md").read_text(encoding="utf-8")
    for text in COMMAND.findall(page):
        command = json.loads(text.replace('"panorama"', f'"{database}"').replace("panorama-", f"{user}-"))
        yield command | ({"pwd": FIRST} if "pwd" in command else {})


def on_mongodb(stack: ExitStack) -> Cluster:
    """Serve the gateway in memory, whose users are made as the docs say: each may change the passwords of the two."""
    server = stack.enter_context(mongo_memory({"root": ADMINISTRATOR}))
    place, name = f"127.0.0.1:{server.port}", uuid4().hex[:8]
    addresses = {}
    with MongoClient[dict[str, Any]](f"mongodb://root:{ADMINISTRATOR}@{place}/admin") as root:
        for part in PARTS:
            for command in documented(f"{part}_{name}", part):
                root[f"{part}_{name}"].command(command)
            addresses[part] = f"mongodb://{part}-a:{FIRST}@{place}/{part}_{name}"
    return Cluster(addresses)


def on_documentdb(stack: ExitStack) -> Cluster:
    """Serve the DocumentDB engine, which has an administrator, and users who may change nothing; partners are made."""
    name = f"t{uuid4().hex[:8]}"
    administrator = f"{name}-administrator"
    try:
        server = stack.enter_context(mongo_documentdb(user=(name, FIRST), administrator=(administrator, ADMINISTRATOR)))
    except NotHere as absent:
        not_proven("replacing passwords in the DocumentDB engine", str(absent))
        pytest.skip("the engine cannot be had on this machine")
    place = f"127.0.0.1:{server.port}"
    addresses = {"administrator": f"mongodb://{administrator}:{ADMINISTRATOR}@{place}/admin"}
    roles = [{"role": role, "db": "admin"} for role in ("readWriteAnyDatabase", "clusterAdmin")]
    with MongoClient[dict[str, Any]](addresses["administrator"]) as client:
        for part in PARTS:
            client.admin.command({"createUser": f"{name}-{part}-a", "pwd": FIRST, "roles": roles})
            addresses[part] = f"mongodb://{name}-{part}-a:{FIRST}@{place}/{name}_{part}?authSource=admin"
            stack.callback(server.drop, f"{name}_{part}")
    return Cluster(addresses, administrator=True)


@pytest.fixture(params=[on_mongodb, on_documentdb])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """One kind of server."""
    with ExitStack() as stack:
        yield request.param(stack)


@pytest.fixture
def computer(cluster: Cluster, tmp_path: Path) -> Iterator[Machine]:
    """A machine on whose site the first users log in, with its databases prepared."""
    file = tmp_path / "panorama.toml"
    file.write_text(cluster.configuration, encoding="utf-8")
    settings = {**SETTINGS, "PANORAMA_CONFIG": str(file)}
    with machine(tmp_path, settings) as made:
        for name, address in cluster.addresses.items():
            (tmp_path / "address").write_text(address, encoding="utf-8")
            run(made, "secrets", "put", name, "--from", str(tmp_path / "address"))
        run(made, "storage", "prepare")
        yield made


def run(computer: Machine, *arguments: str) -> Any:
    """Run a command that succeeds, and return what it has printed; nothing of a password is in it."""
    ended = computer.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    assert "Horse" not in ended.stdout + ended.stderr
    return json.loads(ended.stdout)


class Traffic:
    """Edits and reads at several processes, again and again, until it is told to end; every answer is a success."""

    def __init__(self, clients: list[httpx.AsyncClient]) -> None:
        self.answers = 0
        self._clients = clients
        self._ended = False

    async def flow(self) -> None:
        """Keep several requests under way at each process, each about another panorama."""
        await asyncio.gather(*(self._ask(client) for client in self._clients for _ in range(3)))

    def end(self) -> None:
        """Ask for nothing more."""
        self._ended = True

    async def _ask(self, client: httpx.AsyncClient) -> None:
        begun = await client.post("/api/panoramas", json={"name": "Roadmap"})
        assert begun.is_success, begun.text
        panorama = begun.json()["id"]
        writer, issues = Writer(panorama), list[int]()
        while not self._ended:
            issues.append(len(issues) + 1)
            await writer.ask(client, Promise(f"key-{issues[-1]}", issues[-1]))
            shown = (await outline(client, panorama))["nodes"]
            assert sorted(row[3] for row in shown) == issues, "what was acknowledged is lost"
            self.answers += 2
            await asyncio.sleep(PAUSE)


@pytest.mark.timeout(rounds(1_000))
async def test_no_request_fails_while_passwords_are_replaced(
    cluster: Cluster, computer: Machine, tmp_path: Path
) -> None:
    """Of two processes that serve, and one that sleeps through it; twice, so that the first users are back."""
    processes = [computer.start() for _ in range(3)]
    site = computer.install(processes[0])
    clients = [computer.client(process, site) for process in processes]
    panorama = (await clients[0].post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    assert (await clients[2].get(f"/api/panoramas/{panorama}")).is_success
    traffic = Traffic(clients[:2])
    flow = asyncio.create_task(traffic.flow())
    processes[2].pause()
    for user in "ba":
        before = traffic.answers
        came = await asyncio.to_thread(run, computer, "credentials", "rotate", "--now")
        assert came["findings"] == []
        assert came["done"]["passwords replaced"] >= len(PARTS)
        assert traffic.answers > before
        status = await asyncio.to_thread(run, computer, "credentials", "status")
        users = [each["user"] for each in status["credentials"] if each["part"] in PARTS]
        assert [name[-2:] for name in users] == [f"-{user}"] * len(PARTS)
    traffic.end()
    await flow
    processes[2].resume()
    woken = await asyncio.gather(*(clients[2].get(f"/api/panoramas/{panorama}") for _ in range(20)))
    assert all(answer.is_success for answer in woken)
    for address in cluster.addresses.values():
        with pytest.raises(PermissionDenied):
            await open_mongo(address, deadline=patience(5))
    for client in clients:
        assert (await client.get("/readyz")).json().items() >= {"storage login": "ok", "vault login": "ok"}.items()
        await client.aclose()
    assert [process.stop() for process in processes] == [0, 0, 0]
    log = computer.log.read_text()
    assert FIRST not in log
    assert not re.search(r"[A-Za-z0-9_-]{43}-Aa0", log)
