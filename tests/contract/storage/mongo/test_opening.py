"""What must be there before a store is opened, and how one that is not there is told."""

import asyncio
import time
from typing import Any

import pytest
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient

from adapters.mongo import open_mongo, prepare_mongo
from adapters.mongo.indexes import INDEXES
from ports.errors import InvalidArgument, NotFound, Unavailable, Unsupported
from tests.contract.storage.samples import KIND, TENANT, fill, keys_of, sample
from tests.free_ports import free_port
from tests.patience import patience
from tests.servers.mongo.starting import Server

DEADLINE = 10.0
BIG = 1 << 20


async def test_an_unprepared_database_is_refused(server: Server, database: str) -> None:
    """Without its indexes a store would work, and be slow; it is not opened, and the way out is named."""
    with pytest.raises(NotFound, match="panorama storage prepare"):
        await open_mongo(server.uri(database), deadline=patience(DEADLINE))


async def test_preparing_twice_makes_nothing_twice(server: Server, database: str) -> None:
    """Whoever prepares what is prepared changes nothing, and is told so; records stay where they are."""
    uri = server.uri(database)
    assert set(await prepare_mongo(uri, deadline=patience(DEADLINE))) == set(INDEXES)
    store = await open_mongo(uri, deadline=patience(DEADLINE))
    await fill(store, "a")
    assert await prepare_mongo(uri, deadline=patience(DEADLINE)) == ()
    assert await store.scan(TENANT, KIND) == [sample("a")]
    await store.close()


async def test_what_is_missing_is_made(server: Server, database: str) -> None:
    """Of the indexes only those are made that are not there."""
    uri = server.uri(database)
    async with AsyncMongoClient[dict[str, Any]](server.uri(database, "w=majority")) as client:
        fields = [(field, ASCENDING) for field in INDEXES["due"]]
        await client[database].records.create_index(fields, name="due")
    with pytest.raises(NotFound) as refused:
        await open_mongo(uri, deadline=patience(DEADLINE))
    assert "due" not in str(refused.value)
    assert set(await prepare_mongo(uri, deadline=patience(DEADLINE))) == set(INDEXES) - {"due"}


async def test_other_indexes_of_our_names_are_refused(server: Server, database: str) -> None:
    """An index that is called like ours and is another is neither used nor replaced."""
    uri = server.uri(database)
    async with AsyncMongoClient[dict[str, Any]](server.uri(database, "w=majority")) as client:
        await client[database].records.create_index([("kind", DESCENDING)], name="due")
    with pytest.raises(Unsupported, match="due"):
        await open_mongo(uri, deadline=patience(DEADLINE))
    with pytest.raises(Unsupported, match="due"):
        await prepare_mongo(uri, deadline=patience(DEADLINE))


async def test_two_may_prepare_at_once(server: Server, database: str) -> None:
    """Two deployments that begin together both succeed."""
    uri = server.uri(database)
    await asyncio.gather(*(prepare_mongo(uri, deadline=patience(DEADLINE)) for _ in range(2)))
    store = await open_mongo(uri, deadline=patience(DEADLINE))
    await store.put(sample("a"))
    assert await store.unshipped(2) == [sample("a")]
    await store.close()


@pytest.mark.parametrize("open_or_prepare", [open_mongo, prepare_mongo])
async def test_a_server_that_is_not_there_is_unavailable(open_or_prepare: Any) -> None:
    """Nobody waits longer than the deadline for a server that does not answer."""
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await open_or_prepare(f"mongodb://127.0.0.1:{free_port()}/panorama", deadline=0.5)
    assert time.monotonic() - began < patience(3)


async def test_an_address_that_the_driver_refuses_is_refused() -> None:
    """What the driver finds wrong with an address is the operator's to correct."""
    with pytest.raises(InvalidArgument):
        await open_mongo("mongodb://localhost:0/panorama", deadline=1)


async def test_a_closed_store_is_unavailable(server: Server, database: str) -> None:
    """Calls of an object that was closed say so in the port's words."""
    await prepare_mongo(server.uri(database), deadline=patience(DEADLINE))
    store = await open_mongo(server.uri(database), deadline=patience(DEADLINE))
    await store.close()
    with pytest.raises(Unavailable):
        await store.check()


async def test_pages_are_whole_beyond_one_batch(server: Server, database: str) -> None:
    """A server sends at most 16 MiB at once; a page that is larger is asked for again where it ended."""
    await prepare_mongo(server.uri(database), deadline=patience(DEADLINE))
    store = await open_mongo(server.uri(database), deadline=patience(2 * DEADLINE))
    keys = [f"{number:02}" for number in range(20)]
    for key in keys:
        await store.put(sample(key, body=b"\xff" * BIG))
    assert keys_of(await store.scan(TENANT, KIND)) == keys
    assert keys_of(await store.scan(TENANT, KIND, reverse=True, limit=19)) == keys[:0:-1]
    await store.close()
