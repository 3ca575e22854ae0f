"""Servers in a process of their own, so that what they need is nobody's time here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from tests.servers.gcp_kms import cloud_kms
from tests.servers.gcs import cloud_storage
from tests.servers.mongo.starting import mongo_memory
from tests.servers.strict_kms import strict_kms

BUCKET: Final = "bench"
KEY: Final = "bench"


@contextmanager
def elsewhere(name: str) -> Iterator[str]:
    """Run the server of that name until the end of the block; yield where it is."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(name, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def _serve(name: str, connection: Connection) -> None:
    with _SERVERS[name]() as address:
        connection.send(address)
        connection.recv()


@contextmanager
def _mongo() -> Iterator[str]:
    with mongo_memory() as server:
        yield server.uri("bench")


@contextmanager
def _gcs() -> Iterator[str]:
    with cloud_storage() as service:
        service.create_bucket(BUCKET)
        service.largest_page = 1_000
        yield service.endpoint


@contextmanager
def _aws_kms() -> Iterator[str]:
    with strict_kms() as (_, server):
        yield str(server.port)


@contextmanager
def _gcp_kms() -> Iterator[str]:
    with cloud_kms() as provider:
        key = provider.create_key(KEY)
        yield f"{provider.server.endpoint} {key}"


_SERVERS: Final[dict[str, Callable[[], AbstractContextManager[str]]]] = {
    "mongo": _mongo,
    "gcs": _gcs,
    "aws-kms": _aws_kms,
    "gcp-kms": _gcp_kms,
}
