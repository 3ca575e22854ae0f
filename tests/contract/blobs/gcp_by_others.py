"""A bucket of Cloud Storage in fake-gcs-server, which was written elsewhere: what both servers do is more likely so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from adapters.gcp.blobs import open_gcs
from adapters.gcp.uploads import PART_MULTIPLE
from ports.blobs import BlobStore
from tests.contract.blobs.gcp import broken_requests
from tests.contract.blobs.worlds import Stalling, World, real_time
from tests.servers.fake_gcs_server import FakeGcsServer
from tests.servers.proxy import proxy_to

_DEADLINE: Final = 1.0

_PART: Final = 16 * PART_MULTIPLE
"""Larger than in the tests' own server: this one copies all that it has with each part."""

_COMPARES_EARLY: Final = "It looks whether the name is free when an upload in parts begins, and not when it ends."

_GAPS: Final[Mapping[str, str]] = {
    "no_part_stays_of_what_is_taken": _COMPARES_EARLY,
    "one_of_two_creators_in_parts_wins": _COMPARES_EARLY,
    "whoever_may_nothing_is_told_so": "It looks at no permission, so that nobody can be refused.",
}


@asynccontextmanager
async def in_fake_gcs_server(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a bucket; parts are small, so that large content has several."""
    server: FakeGcsServer = request.getfixturevalue("fake_gcs")
    client = Client(project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": server.endpoint})
    bucket = client.create_bucket(f"b-{uuid4()}")
    store = await open_gcs(bucket.name, "site/", endpoint=server.endpoint, part_size=_PART)
    again = await open_gcs(bucket.name, "site/", endpoint=server.endpoint, part_size=_PART)
    await store.check()

    async def demolish() -> None:
        for blob in bucket.list_blobs():
            blob.delete()
        bucket.delete()

    async def leftovers() -> int:
        """Return none: it does not tell."""
        return 0

    async def barred() -> BlobStore:
        """Return the same: it looks at no permission."""
        return store

    @asynccontextmanager
    async def stalling() -> AsyncIterator[Stalling]:
        with proxy_to(server.port) as proxy:
            stalled = await open_gcs(
                bucket.name, "site/", endpoint=f"http://127.0.0.1:{proxy.port}", deadline=_DEADLINE
            )

            async def begin() -> None:
                proxy.stall(stalling=True)

            async def end() -> None:
                proxy.stall(stalling=False)

            yield Stalling(stalled, _DEADLINE, begin, end)
            # What was given up still runs to its end, and needs its connections for it.
            await asyncio.sleep(_DEADLINE)
            await stalled.close()

    def now() -> datetime:
        return datetime.now(UTC)

    happenings = (demolish, leftovers, stalling, barred, broken_requests)
    yield World(store, again, now, real_time, *happenings, _PART, _GAPS)
    await store.close()
    await again.close()
    client.close()
