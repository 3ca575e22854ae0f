"""What most tests through HTTP start from: a service, a site that has installed it, and Ann, who uses it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from entrypoints.http.connections import ConnectionLimits
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.clouds import KeyServers, Outside
from tests.e2e.clouds import clouds as in_clouds
from tests.e2e.service import Service, running
from tests.e2e.two_clouds import TwoClouds, two_clouds
from tests.e2e.wires import SHORT, Line, line_with
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_kms import cloud_kms
from tests.servers.mongo.starting import Server as MongoServer
from tests.servers.mongo.starting import mongo_memory
from tests.servers.strict_kms import strict_kms


@pytest.fixture(scope="session")
def keys() -> SandboxKeys:
    """Return the key pair that Jira signs with; making one takes a while."""
    return SandboxKeys()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test on fakes, and those marked `clouds` on adapters of clouds as well.

    Marked are the files whose tests write and read back what users make. What is only about HTTP (tokens, problems,
    headers) looks the same on any adapter, whose own behaviour is the contract suites' to prove.
    """
    if "outside" in metafunc.fixturenames:
        in_clouds_too = metafunc.definition.get_closest_marker("clouds") is not None
        metafunc.parametrize("outside", ["fakes", "clouds"] if in_clouds_too else ["fakes"], indirect=True)


@pytest.fixture
async def outside(request: pytest.FixtureRequest) -> AsyncIterator[Outside]:
    """Yield what the service stands on: fakes, or MongoDB with keys of AWS and of Google at once."""
    if request.param == "fakes":
        yield Outside(MemoryStorage(), MemoryStorage(), [])
        return
    async with in_clouds(request.getfixturevalue("mongo"), request.getfixturevalue("kms")) as opened:
        yield opened


@pytest.fixture
def storage(outside: Outside) -> FlakyStorage:
    """Return the storage, which fails once it is given a plan."""
    return FlakyStorage(outside.storage)


@pytest.fixture
async def service(keys: SandboxKeys, storage: FlakyStorage, outside: Outside) -> AsyncIterator[Service]:
    """Yield a service whose time stands still until a test lets it pass."""
    async with running(House(storage, outside.vault, managers=outside.managers), keys) as service:
        yield service


@pytest.fixture(scope="session")
def mongo() -> Iterator[MongoServer]:
    """Serve MongoDB's protocol."""
    with mongo_memory() as server:
        yield server


@pytest.fixture(scope="session")
def kms() -> Iterator[KeyServers]:
    """Serve the keys of AWS and of Google."""
    with strict_kms() as (_, aws), cloud_kms() as google:
        yield KeyServers(aws, google)


@pytest.fixture
def clouds(tmp_path: Path, mongo: MongoServer, kms: KeyServers, ministack_server: AwsServer) -> Iterator[TwoClouds]:
    """Yield two sites in two clouds."""
    with two_clouds(tmp_path, mongo, kms, ministack_server) as made:
        yield made


@pytest.fixture
async def site(service: Service) -> ConnectSite:
    """Return a site that has installed the app."""
    return await service.install()


@pytest.fixture
async def ann(service: Service, site: ConnectSite) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that speaks for Ann."""
    async with service.client(site, "ann") as client:
        yield client


@pytest.fixture
async def ben(service: Service, site: ConnectSite) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that speaks for Ben, of the same site."""
    async with service.client(site, "ben") as client:
        yield client


@pytest.fixture
async def panorama(ann: httpx.AsyncClient) -> str:
    """Return the id of an empty panorama that Ann has begun."""
    answer = await ann.post("/api/panoramas", json={"name": "Roadmap"})
    return str(answer.json()["id"])


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
