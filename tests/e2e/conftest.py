"""What most tests through HTTP start from: a service, a site that has installed it, and Ann, who uses it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service, running
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage


@pytest.fixture(scope="session")
def keys() -> SandboxKeys:
    """Return the key pair that Jira signs with; making one takes a while."""
    return SandboxKeys()


@pytest.fixture
def storage() -> FlakyStorage:
    """Return the storage, which fails once it is given a plan."""
    return FlakyStorage(MemoryStorage())


@pytest.fixture
async def service(keys: SandboxKeys, storage: FlakyStorage) -> AsyncIterator[Service]:
    """Yield a service whose time stands still until a test lets it pass."""
    async with running(House(storage), keys) as service:
        yield service


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
