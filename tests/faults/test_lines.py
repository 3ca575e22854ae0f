"""The connection to MongoDB is cut, reset or stalled at every step of a request."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from adapters.mongo import open_mongo, prepare_mongo
from domain.ids import SYSTEM
from ports.errors import PortError
from ports.storage import Storage
from tests.fakes.house import TENANT, House
from tests.fakes.storage import MemoryStorage
from tests.faults.invariants import assert_consistent
from tests.faults.scenarios import Administration, Creation, Redo, Scenario, SmallEdit
from tests.servers.mongo.starting import Server, mongo_memory
from tests.servers.proxy import Harm, Proxy, proxy_to

DEADLINE = 0.5
"""Seconds that a call may take; what stalls is given up then."""

SCENARIOS: tuple[Scenario, ...] = (Creation(), SmallEdit(), Administration(), Redo())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve MongoDB's protocol."""
    with mongo_memory() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    """Stand between the service and its storage."""
    with proxy_to(server.port) as proxy:
        yield proxy


@asynccontextmanager
async def stores(server: Server, proxy: Proxy) -> AsyncIterator[tuple[Storage, Storage]]:
    """Yield an empty storage, as seen through the proxy and directly."""
    database = f"panorama_lines_{uuid4().hex[:12]}"
    await prepare_mongo(server.uri(database), deadline=10)
    far = await open_mongo(server.uri(database, "directConnection=true", port=proxy.port), deadline=DEADLINE)
    near = await open_mongo(server.uri(database), deadline=10)
    try:
        yield far, near
    finally:
        await far.close()
        await near.close()
        server.drop(database)


async def tried(scenario: Scenario, harm: Harm, step: int, server: Server, proxy: Proxy) -> bool:
    """Make the request with one harm to its connection, and check what must hold; whether the harm struck at all."""
    async with stores(server, proxy) as (far, near):
        vault = MemoryStorage()
        house = House(far, vault)
        for tenant in (TENANT, SYSTEM):
            await house.vault.create(tenant)
        panorama = await scenario.prepare(house)
        asked = proxy.steps
        proxy.harm(step, harm)
        began, answer = time.monotonic(), None
        try:
            answer = await scenario.act(house, panorama)
        except PortError:
            assert proxy.steps - asked >= step
        assert time.monotonic() - began < 20 * DEADLINE, "a call hung"
        struck = proxy.steps - asked >= step
        proxy.harm(10**9, harm)
        survivor = House(near, vault, time=house.time, seed=f"survivor of {step}")
        await assert_consistent(survivor)
        seen = await scenario.seen(survivor, panorama)
        assert seen == scenario.after if answer is not None else seen in (scenario.before, scenario.after)
        again = await scenario.act(house, panorama)
        assert answer in (None, again), "the service that met the harm gives another answer"
        assert await scenario.seen(survivor, panorama) == scenario.after
        await assert_consistent(house)
        return struck


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_no_harm_to_a_connection_loses_or_doubles(
    scenario: Scenario, harm: Harm, server: Server, proxy: Proxy
) -> None:
    """No acknowledged write is lost, no call outlasts its deadline, and the service recovers by itself."""
    step = 1
    while await tried(scenario, harm, step, server, proxy):
        step += 1
    assert step > 1
