"""A bucket of Cloud Storage that can lock its objects, in a server of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from adapters.gcp.blobs import open_gcs
from adapters.gcp.uploads import PART_MULTIPLE
from tests.contract.blobs.worlds import World
from tests.servers.gcs import cloud_storage


@asynccontextmanager
async def in_cloud_storage(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket; parts are small, so that large content has several."""
    with cloud_storage() as service:
        service.create_bucket("b", object_retention=True)
        store = await open_gcs("b", "site/", endpoint=service.endpoint, part_size=PART_MULTIPLE)
        again = await open_gcs("b", "site/", endpoint=service.endpoint)

        async def demolish() -> None:
            del service.buckets["b"]

        yield World(store, again, lambda: datetime.now(UTC), demolish)
        await store.close()
        await again.close()
