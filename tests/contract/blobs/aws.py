"""Buckets of S3, on servers that stand for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adapters.aws.blobs import open_s3
from tests.contract.blobs.worlds import World
from tests.servers.aws import REGION, Server


@asynccontextmanager
async def in_ministack(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket that locks objects in MiniStack."""
    async with _in_a_bucket(request.getfixturevalue("ministack_server"), locks=True) as world:
        yield world


@asynccontextmanager
async def in_radosgw(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket in Ceph that keeps no versions: where it does, Ceph lets several conditional writes win at once."""
    async with _in_a_bucket(request.getfixturevalue("radosgw_server"), locks=False) as world:
        yield world


@asynccontextmanager
async def _in_a_bucket(server: Server, *, locks: bool) -> AsyncIterator[World]:
    bucket = f"b-{uuid4()}"
    client = server.s3()
    client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locks)
    with server.credentials():
        store = await open_s3(bucket, "site", region=REGION, endpoint=server.endpoint())
        again = await open_s3(bucket, "/site/", region=REGION, endpoint=server.endpoint())

    async def demolish() -> None:
        for found in client.list_object_versions(Bucket=bucket).get("Versions", []):
            client.delete_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])
        client.delete_bucket(Bucket=bucket)

    yield World(store, again, lambda: datetime.now(UTC).replace(microsecond=0), demolish)
    for opened in (store, again):
        await opened.close()
    client.close()
