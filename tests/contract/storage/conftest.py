"""Every adapter of the storage port, by fixture; a new one joins here and nowhere else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.sqlite import SqliteStorage, open_sqlite
from tests.contract.storage.harness import Harness, MemoryHarness, MongoHarness, SqliteHarness, SwitchingHarness
from tests.fakes.storage import MemoryStorage
from tests.report import not_proven
from tests.rounds import rounds
from tests.servers.chroot import NotHere
from tests.servers.mongo.listening import Listener, listening
from tests.servers.mongo.starting import Server, mongo_documentdb, mongo_memory, mongo_own

# The first run on a machine builds the engine before its first test.
ENGINE = pytest.param("mongo-documentdb", marks=pytest.mark.timeout(rounds(1_000)))
SERVERS = ["mongo-memory", ENGINE]


@pytest.fixture(params=["memory", "switching", "sqlite", *SERVERS])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """One adapter with an empty store."""
    made: Harness
    match request.param:
        case "memory":
            made = MemoryHarness(MemoryStorage())
        case "switching":
            made = await SwitchingHarness.made()
        case "sqlite":
            made = await SqliteHarness.made(tmp_path / "store.db")
        case name:
            made = await MongoHarness.made(server_named(name, request), new_database())
    yield made
    await made.close()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """One server that speaks MongoDB's protocol."""
    return server_named(request.param, request)


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of a database that nobody has used; it is dropped in the end."""
    name = new_database()
    yield name
    server.drop(name)


@pytest.fixture(autouse=True)
def nobody_changes_users(listener: Listener) -> Iterator[None]:
    """Whatever a test does, nothing is sent that changes users."""
    administered = listener.administered.copy()
    yield
    assert listener.administered == administered


@pytest.fixture(scope="session")
def listener() -> Listener:
    """Hears what is sent to any server."""
    return listening()


@pytest.fixture(scope="session")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server | None]:
    """A real server, where this machine has one; it takes the place of the engine."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(mongo_own(tmp_path_factory.mktemp("mongod")))
        except NotHere as absent:
            not_proven("storage on a mongod of MongoDB's own, and the failover of replica sets", str(absent))
            server = None
        yield server


@pytest.fixture(scope="session")
def memory_server() -> Iterator[Server]:
    """The strict gateway."""
    with mongo_memory() as server:
        yield server


@pytest.fixture(scope="session")
def engine_server(own_server: Server | None) -> Iterator[Server | None]:
    """The DocumentDB engine, or the real server in its place; None where there is neither."""
    if own_server:
        yield own_server
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(mongo_documentdb())
        except NotHere as absent:
            not_proven("storage on the DocumentDB engine", str(absent))
            server = None
        yield server


def server_named(name: str, request: pytest.FixtureRequest) -> Server:
    """Return a server, started when it is first needed; the test is skipped, and told as not proven, without it."""
    fixture = "memory_server" if name == "mongo-memory" else "engine_server"
    server: Server | None = request.getfixturevalue(fixture)
    if server is None:
        pytest.skip(f"{name} cannot be had on this machine")
    return server


def new_database() -> str:
    """Return a name that no test has used."""
    return f"panorama_test_{uuid4().hex[:16]}"


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """Where the test's store lies."""
    return tmp_path / "store.db"


@pytest.fixture
async def sqlite(sqlite_path: Path) -> AsyncIterator[SqliteStorage]:
    """An empty store in a file."""
    store = await open_sqlite(sqlite_path)
    yield store
    await store.close()
