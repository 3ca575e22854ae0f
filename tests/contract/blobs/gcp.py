"""A bucket of Cloud Storage that can lock its objects, in a server of the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Final

import pytest
from requests.adapters import HTTPAdapter

from adapters.gcp.blobs import open_gcs
from adapters.gcp.uploads import PART_MULTIPLE
from ports.blobs import BlobStore
from tests.contract.blobs.worlds import Stalling, World, real_time
from tests.drivers import broken
from tests.patience import patience
from tests.servers.gcs import cloud_storage
from tests.servers.proxy import losing, proxy_to

_DEADLINE: Final = 1.0


@contextmanager
def broken_requests() -> Iterator[None]:
    """Have the driver's connections raise what nobody expects."""
    with broken((HTTPAdapter, "send")):
        yield


@asynccontextmanager
async def in_cloud_storage(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket; parts are small, so that large content has several."""
    with cloud_storage() as service:
        bucket = service.create_bucket("b", object_retention=True)
        store = await open_gcs("b", "site/", endpoint=service.endpoint, part_size=PART_MULTIPLE)
        again = await open_gcs("b", "site/", endpoint=service.endpoint, part_size=PART_MULTIPLE)
        await store.check()

        async def demolish() -> None:
            del service.buckets["b"]

        async def leftovers() -> int:
            return sum("done" not in session for session in bucket.sessions.values())

        async def barred() -> BlobStore:
            service.forbidden = True
            return store

        @asynccontextmanager
        async def stalling() -> AsyncIterator[Stalling]:
            with proxy_to(service.port) as proxy:
                endpoint = f"http://127.0.0.1:{proxy.port}"
                deadline = patience(_DEADLINE)
                stalled = await open_gcs("b", "site/", endpoint=endpoint, deadline=deadline)

                async def begin() -> None:
                    proxy.stall(stalling=True)

                async def end() -> None:
                    proxy.stall(stalling=False)

                yield Stalling(stalled, deadline, begin, end, lose=losing(proxy))
                # What was given up still runs to its end, and needs its connections for it.
                await asyncio.sleep(deadline)
                await stalled.close()

        def now() -> datetime:
            return datetime.now(UTC)

        yield World(store, again, now, real_time, demolish, leftovers, stalling, barred, broken_requests, PART_MULTIPLE)
        await store.close()
        await again.close()
