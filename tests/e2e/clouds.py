"""What the service stands on in a cloud: records and wraps in MongoDB, data keys wrapped by AWS and Google at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from uuid import uuid4

from adapters.aws.keys import open_kms as open_aws_kms
from adapters.gcp.keys import open_kms as open_gcp_kms
from adapters.mongo import open_mongo, prepare_mongo
from ports.keys import KeyManager
from ports.storage import Storage
from tests.servers.aws import REGION
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_kms import Provider
from tests.servers.mongo.starting import Server as MongoServer

_DEADLINE: Final = 10.0


class Outside(NamedTuple):
    """The stores of records and of wraps, and who wraps; with no managers the house has its own."""

    storage: Storage
    vault: Storage
    managers: Sequence[KeyManager]


class KeyServers(NamedTuple):
    """Servers that stand for AWS KMS and for Cloud KMS."""

    aws: AwsServer
    google: Provider


@asynccontextmanager
async def clouds(mongo: MongoServer, kms: KeyServers) -> AsyncIterator[Outside]:
    """Open two empty databases and two new keys; the databases are dropped in the end."""
    names = [f"panorama_e2e_{uuid4().hex[:12]}" for _ in range(2)]
    storage, vault = [await _database(mongo.uri(name)) for name in names]
    key = kms.aws.create_key()
    with kms.aws.credentials():
        aws = await open_aws_kms(key, region=REGION, endpoint=kms.aws.endpoint())
    google = await open_gcp_kms(kms.google.create_key(uuid4().hex), endpoint=kms.google.server.endpoint)
    try:
        yield Outside(storage, vault, [aws, google])
    finally:
        for opened in (aws, google, storage, vault):
            await opened.close()
        for name in names:
            mongo.drop(name)


async def _database(uri: str) -> Storage:
    await prepare_mongo(uri, deadline=_DEADLINE)
    return await open_mongo(uri, deadline=_DEADLINE)
