"""Buckets of S3, on servers that stand for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest

from adapters.aws.blobs import DEADLINE, S3BlobStore, open_s3
from adapters.aws.uploads import PART_SIZE
from ports.blobs import BlobStore
from tests.contract.blobs.worlds import Stalling, World, real_time
from tests.patience import patience
from tests.servers.aws import REGION, Server, broken_aws
from tests.servers.proxy import losing, proxy_to

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_DEADLINE: Final = 2.0

_MOTO: Final = {
    "one_of_two_creators_in_parts_wins": "moto looks at no condition when an upload in parts ends",
    "whoever_may_nothing_is_told_so": "moto looks at no bucket policy",
}

_MINISTACK: Final = {
    "whoever_may_nothing_is_told_so": "MiniStack looks at no bucket policy",
}


@asynccontextmanager
async def in_ministack(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket that locks objects in MiniStack."""
    async with _in_a_bucket(request.getfixturevalue("ministack_server"), _MINISTACK, locks=True) as world:
        yield world


@asynccontextmanager
async def in_moto(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket that locks objects in moto."""
    async with _in_a_bucket(request.getfixturevalue("moto_server"), _MOTO, locks=True) as world:
        yield world


@asynccontextmanager
async def in_radosgw(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket in Ceph that keeps no versions: where it does, Ceph lets several conditional writes win at once."""
    async with _in_a_bucket(request.getfixturevalue("radosgw_server"), {}, locks=False) as world:
        yield world


@asynccontextmanager
async def in_radosgw_with_locks(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket in Ceph that locks objects, for the laws of locks alone."""
    async with _in_a_bucket(request.getfixturevalue("radosgw_server"), {}, locks=True) as world:
        yield world


@asynccontextmanager
async def _in_a_bucket(server: Server, gaps: Mapping[str, str], *, locks: bool) -> AsyncIterator[World]:
    client = server.s3()
    bucket = _Bucket(server, client, f"b-{uuid4()}")
    client.create_bucket(Bucket=bucket.name, ObjectLockEnabledForBucket=locks)
    store, again = await bucket.opened(), await bucket.opened("/site/")
    await store.check()

    def now() -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    async def barred() -> BlobStore:
        bucket.bar_everybody()
        return store

    happenings = (bucket.demolish, bucket.leftovers, bucket.stalling, barred, broken_aws)
    yield World(store, again, now, real_time, *happenings, PART_SIZE, gaps)
    for each in (store, again):
        await each.close()
    client.close()


class _Bucket:
    """A bucket, looked at past the adapter."""

    def __init__(self, server: Server, client: "S3Client", name: str) -> None:
        self._server = server
        self._client = client
        self.name = name

    async def opened(self, prefix: str = "site", port: int | None = None, deadline: float = DEADLINE) -> S3BlobStore:
        """Open it, perhaps through a proxy on another port."""
        with self._server.credentials():
            return await open_s3(
                self.name, prefix, region=REGION, endpoint=self._server.endpoint(port), deadline=deadline
            )

    async def demolish(self) -> None:
        """Delete everything in it, and it itself."""
        for found in self._client.list_object_versions(Bucket=self.name).get("Versions", []):
            self._client.delete_object(Bucket=self.name, Key=found["Key"], VersionId=found["VersionId"])
        self._client.delete_bucket(Bucket=self.name)

    async def leftovers(self) -> int:
        """Count the uploads in parts that have neither ended nor been given up."""
        return len(self._client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))

    def bar_everybody(self) -> None:
        """Refuse everything, to the owner too."""
        resources = [f"arn:aws:s3:::{self.name}", f"arn:aws:s3:::{self.name}/*"]
        refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
        self._client.put_bucket_policy(Bucket=self.name, Policy=policy)

    @asynccontextmanager
    async def stalling(self) -> AsyncIterator[Stalling]:
        """Open it through a proxy."""
        with proxy_to(self._server.port) as proxy:
            deadline = patience(_DEADLINE)
            stalled = await self.opened(port=proxy.port, deadline=deadline)

            async def begin() -> None:
                proxy.stall(stalling=True)

            async def end() -> None:
                proxy.stall(stalling=False)

            yield Stalling(stalled, deadline, begin, end, lose=losing(proxy))
            # What was given up still runs to its end, and needs its connections for it.
            await asyncio.sleep(deadline)
            await stalled.close()
