"""Opening a store, and preparing the database that it is to be opened in."""

from typing import Final

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.addresses import forced
from adapters.mongo.documents import Document
from adapters.mongo.errors import within
from adapters.mongo.indexes import check_indexes, existing, make_indexes
from adapters.mongo.storage import MongoStorage
from ports.errors import InvalidArgument

COLLECTION: Final = "records"
"""The one collection of a store."""


async def open_mongo(uri: str, *, deadline: float) -> MongoStorage:
    """Open the store in the database that the URI names; `prepare_mongo` must have made its indexes.

    `deadline` is the most seconds that opening takes, and each call later. Every option comes from the URI, and those
    that promises rest on are forced into it. Raises InvalidArgument for a URI that will not do, or would send anything
    to another machine without TLS; NotFound where indexes are missing, Unsupported where others are in their place;
    PermissionDenied for wrong credentials; Unavailable, DeadlineExceeded.
    """
    client = connected(uri, deadline, deadline)
    try:
        records = _records(client)
        async with within(deadline):
            await check_indexes(records)
    except BaseException:
        await client.close()
        raise
    return MongoStorage(client, records, deadline)


async def prepare_mongo(uri: str, *, deadline: float, patience: float = 600.0) -> tuple[str, ...]:
    """Make what a store needs and what is missing of it; return the names of the indexes made. Repeatable.

    `deadline` is the most seconds until a server is found; building an index over many records takes longer than
    anything else, so the whole may take `patience`. Raises what `open_mongo` raises.
    """
    client = connected(uri, deadline, patience)
    try:
        # With the patience of an index, the driver would look as long for a server that is not there.
        async with within(deadline):
            await existing(_records(client))
        async with within(patience):
            return await make_indexes(_records(client))
    finally:
        await client.close()


def connected(uri: str, reach: float, call: float) -> AsyncMongoClient[Document]:
    """Return a client, which asks nothing yet; raises InvalidArgument for an address that will not do."""
    address = forced(uri, reach=reach, call=call)
    try:
        return AsyncMongoClient(address)
    except Exception as error:  # noqa: BLE001 - the driver does not tell what it raises for an address
        # Without its cause, which may quote the address.
        raise InvalidArgument(f"the driver refuses the address: {type(error).__name__}") from None


def _records(client: AsyncMongoClient[Document]) -> AsyncCollection[Document]:
    return client.get_default_database().get_collection(COLLECTION)
