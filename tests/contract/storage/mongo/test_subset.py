"""Nothing but the portable subset is sent, and what watches over that would notice."""

import subprocess
import sys
from typing import Any

import pytest
from pymongo import AsyncMongoClient, DeleteMany, UpdateMany, UpdateOne
from pymongo.errors import OperationFailure, PyMongoError

from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import fill, ref
from tests.servers.mongo.listening import Listener
from tests.servers.mongo.starting import Server
from tests.servers.mongo.subset import OutsideSubset, check

FIND: dict[str, Any] = {"find": "records", "readConcern": {"level": "majority"}, "limit": 1, "singleBatch": True}
UPDATE: dict[str, Any] = {"update": "records", "writeConcern": {"w": "majority"}}
DELETE: dict[str, Any] = {"delete": "records", "writeConcern": {"w": "majority"}}

OUTSIDE: dict[str, dict[str, Any]] = {
    "another command": {"aggregate": "records", "pipeline": []},
    "getting more of a cursor": {"getMore": 1, "collection": "records"},
    "finding and changing at once": {"findAndModify": "records", "query": {"_id": "a"}, "remove": True},
    "a transaction": {**FIND, "filter": {"_id": "a"}, "txnNumber": 1, "startTransaction": True},
    "a retried write": {**DELETE, "deletes": [], "txnNumber": 1},
    "a weak read": {**FIND, "filter": {"_id": "a"}, "readConcern": {"level": "local"}},
    "a cursor": {**FIND, "filter": {"_id": "a"}, "singleBatch": False},
    "no limit": {**FIND, "filter": {"_id": "a"}, "limit": 0},
    "a batch below the limit": {**FIND, "filter": {"tenant": "a"}, "sort": {"_id": 1}, "limit": 102},
    "skipping": {**FIND, "filter": {"_id": "a"}, "skip": 1},
    "no order": {**FIND, "filter": {"tenant": "a"}},
    "an order by the body": {**FIND, "filter": {"tenant": "a"}, "sort": {"body": 1}},
    "looking into a field": {**FIND, "filter": {"body.x": 1}, "sort": {"_id": 1}},
    "an alternative": {**FIND, "filter": {"$or": [{"_id": "a"}]}, "sort": {"_id": 1}},
    "a pattern": {**FIND, "filter": {"_id": {"$regex": "a"}}, "sort": {"_id": 1}},
    "an exclusion": {**FIND, "filter": {"_id": "a"}, "projection": {"body": 0}},
    "a weak write": {**UPDATE, "updates": [], "writeConcern": {"w": 1}},
    "an unordered write": {**UPDATE, "updates": [], "ordered": False},
    "an update of many": {**UPDATE, "updates": [{"q": {"_id": "a"}, "u": {"$set": {"a": 1}}, "multi": True}]},
    "an upsert": {**UPDATE, "updates": [{"q": {"_id": "a"}, "u": {"a": 1}, "upsert": True}]},
    "a pipeline": {**UPDATE, "updates": [{"q": {"_id": "a"}, "u": [{"$set": {"a": 1}}]}]},
    "arithmetic": {**UPDATE, "updates": [{"q": {"_id": "a"}, "u": {"$inc": {"rev": 1}}}]},
    "changing inside a field": {**UPDATE, "updates": [{"q": {"_id": "a"}, "u": {"$set": {"a.b": 1}}}]},
    "a write without an id": {**UPDATE, "updates": [{"q": {"rev": 1}, "u": {"a": 1}}]},
    "a write by another field": {**DELETE, "deletes": [{"q": {"_id": "a", "kind": "b"}, "limit": 1}]},
    "a write by an operator": {**DELETE, "deletes": [{"q": {"_id": {"$gt": "a"}}, "limit": 1}]},
    "a delete of many": {**DELETE, "deletes": [{"q": {"_id": "a"}, "limit": 0}]},
    "a partial index": {
        "createIndexes": "records",
        "indexes": [{"key": {"a": 1}, "name": "a", "partialFilterExpression": {"a": 1}}],
    },
    "a text index": {"createIndexes": "records", "indexes": [{"key": {"a": "text"}, "name": "a"}]},
}


@pytest.mark.parametrize("outside", OUTSIDE)
def test_what_is_outside_is_noticed(outside: str) -> None:
    """Each thing that services do differently, or not at all, is found."""
    with pytest.raises(OutsideSubset):
        check(OUTSIDE[outside])


async def test_the_listener_hears_the_adapter(harness: Harness, listener: Listener) -> None:
    """The watch is no watch if nothing passes before it: every adapter of MongoDB's is heard."""
    before = listener.heard.copy()
    await fill(harness.store, "a")
    await harness.store.get(ref("a"))
    heard = set((listener.heard - before).elements())
    assert (heard >= {"insert", "find"}) is harness.name.startswith("mongo")


@pytest.mark.parametrize(
    "write",
    [
        DeleteMany({"_id": "a"}),
        UpdateMany({"_id": "a"}, {"$set": {"a": 1}}),
        UpdateOne({"_id": "a"}, {"$inc": {"a": 1}}),
    ],
)
async def test_the_listener_tells(
    write: DeleteMany | UpdateMany | UpdateOne, memory_server: Server, listener: Listener
) -> None:
    """A client that leaves the subset is heard, and the strict gateway refuses it."""
    async with AsyncMongoClient[dict[str, Any]](memory_server.uri("x", "w=majority&retryWrites=false")) as client:
        with pytest.raises(PyMongoError):
            await client.x.records.bulk_write([write])
    assert len(listener.outside) == 1
    assert listener.arrived == listener.outside
    forget(listener)


_OUTSIDE = """
import sys
from pymongo import MongoClient
with MongoClient(sys.argv[1]) as client:
    client.x.command({"count": "records"})
"""


def test_another_process_is_heard(memory_server: Server, listener: Listener) -> None:
    """What the service's own processes send arrives at the gateway, and is looked at there."""
    program = [sys.executable, "-c", _OUTSIDE, memory_server.uri("x")]
    assert subprocess.run(program, capture_output=True, check=False).returncode
    assert listener.outside == []
    assert listener.arrived == ["the command count is not in the portable subset"]
    forget(listener)


async def test_the_gateway_is_strict(memory_server: Server, listener: Listener) -> None:
    """What a lenient server would answer is refused as not supported."""
    async with AsyncMongoClient[dict[str, Any]](memory_server.uri("x")) as client:
        with pytest.raises(OperationFailure) as refused:
            await client.x.command({"count": "records"})
    assert refused.value.code == 115
    forget(listener)


def forget(listener: Listener) -> None:
    """Let the listener not tell what a test has meant to send."""
    listener.outside.clear()
    listener.arrived.clear()
