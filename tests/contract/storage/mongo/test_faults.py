"""The connection is cut, reset and stalled at each step: nothing acknowledged is lost, and nobody waits too long."""

import time
from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.mongo import MongoStorage, open_mongo, prepare_mongo
from application.sealing.commits import commit, remove
from ports.errors import Unavailable
from ports.storage import Record, Shipping
from tests.contract.storage.samples import KIND, TENANT, keys_of, ref, sample
from tests.patience import Deadline, patience
from tests.servers.mongo.leftovers import FORGIVEN, collected
from tests.servers.mongo.starting import Server
from tests.servers.proxy import Harm, Proxy, proxy_to

DEADLINE = 0.5
SLACK = 4.0
"""What a busy machine may take besides."""

RECOVERY = 15.0
STEPS = 9

pytestmark = FORGIVEN


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Leave no socket to the tests that follow."""
    with collected():
        yield


@pytest.fixture
def proxy(memory_server: Server) -> Iterator[Proxy]:
    """Whoever does the harm."""
    with proxy_to(memory_server.port) as made:
        yield made


@pytest.fixture
async def store(memory_server: Server, proxy: Proxy, database: str) -> AsyncIterator[MongoStorage]:
    """A store that is reached through the proxy."""
    await prepare_mongo(memory_server.uri(database), deadline=patience(10))
    # A server alone tells its own address, which does not lead through the proxy.
    uri = memory_server.uri(database, "directConnection=true", port=proxy.port)
    opened = await open_mongo(uri, deadline=patience(DEADLINE))
    yield opened
    await opened.close()


@pytest.fixture
def server(memory_server: Server) -> Server:
    """What happens on the way does not depend on who answers."""
    return memory_server


async def acknowledged(store: MongoStorage) -> dict[str, Record]:
    """Do some of everything, timing each call; return the records whose writes were acknowledged."""
    known: dict[str, Record] = {}

    async def write(*records: Record) -> None:
        began = time.monotonic()
        try:
            await commit(store, records)
        except Unavailable:
            for record in records:
                known.pop(record.ref.key, None)
        else:
            known.update({record.ref.key: record for record in records})
        # A commit is a few calls: it writes and asks again, twice at the most.
        assert time.monotonic() - began < patience(8 * DEADLINE + SLACK)

    await write(sample("a"))
    await write(sample("b"), sample("c"))
    if "a" in known:
        await write(sample("a", 2, b"newer"))
    await timely(store, "read")
    await timely(store, "mark")
    if "c" in known:
        known.pop("c")
        try:
            await remove(store, ref("c"), 1)
        except Unavailable:
            pass
        else:
            known["gone"] = sample("c")
    await write(sample("d"))
    return known


async def timely(store: MongoStorage, what: str) -> None:
    """Make one call that changes nothing that anybody counts on, and see that it ends in time."""
    began = time.monotonic()
    try:
        if what == "read":
            await store.scan(TENANT, KIND)
        else:
            await store.mark_shipped([(ref("b"), 1)])
    except Unavailable:
        pass
    assert time.monotonic() - began < patience(DEADLINE + SLACK)


async def recovered(store: MongoStorage) -> None:
    """Return once the store answers again, by itself."""
    deadline = Deadline(RECOVERY)
    while True:
        try:
            return await store.check()
        except Unavailable:
            assert not deadline.has_passed()


async def assert_kept(store: MongoStorage, known: dict[str, Record]) -> None:
    """Whatever was acknowledged is there, as it was acknowledged."""
    for name, record in known.items():
        found = await store.get(record.ref)
        if name == "gone":
            assert found is None
        else:
            assert found is not None
            assert (found.rev, found.body) == (record.rev, record.body)
            assert found.shipping in {Shipping.PENDING, Shipping.DONE}


@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("harm", Harm)
async def test_no_acknowledged_write_is_lost(harm: Harm, step: int, store: MongoStorage, proxy: Proxy) -> None:
    """Wherever the connection comes to harm, what was acknowledged stays, and the store goes on by itself."""
    proxy.harm(step, harm)
    known = await acknowledged(store)
    await recovered(store)
    await assert_kept(store, known)
    await commit(store, [sample("after")])
    assert "after" in keys_of(await store.scan(TENANT, KIND))


async def test_the_steps_reach_every_call(store: MongoStorage, proxy: Proxy) -> None:
    """The story takes about as many steps as are harmed, so that the last of them is harmed too."""
    before = proxy.steps
    known = await acknowledged(store)
    assert set(known) == {"a", "b", "gone", "d"}
    assert STEPS <= proxy.steps - before <= STEPS + 2


async def test_a_server_that_goes_away_comes_back(store: MongoStorage, proxy: Proxy) -> None:
    """While nothing can be reached every call is Unavailable within its deadline; afterwards all goes on."""
    await commit(store, [sample("a")])
    proxy.refuse(refusing=True)
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await store.put(sample("b"))
        assert time.monotonic() - began < patience(DEADLINE + SLACK)
    proxy.refuse(refusing=False)
    await recovered(store)
    await assert_kept(store, {"a": sample("a")})
