"""A store that loses an upload session is behind for one round, and is given the object in the next."""

from collections.abc import AsyncIterator

import pytest

from adapters.gcp.blobs import CloudBlobStore, open_gcs
from adapters.gcp.uploads import PART_MULTIPLE
from application.backups.names import OBJECTS
from application.backups.stores import Store
from application.sealing.records import Write
from ports.storage import Ref
from tests.contract.blobs.content import content_of
from tests.fakes.backups import ABROAD, EAST, WEST, Yard, buckets
from tests.fakes.house import TENANT, furnished
from tests.fakes.retention import KIND
from tests.servers.gcs import Service, cloud_storage
from tests.unit.application.backups.scenes import cycled, head, names, state
from tests.unit.domain.backups.chains import at

RECORDS, LENGTH = 3, 200_000
"""Their ciphertext is more than a part, and nothing makes it smaller."""


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """Serve a bucket that can lock objects."""
    with cloud_storage() as served:
        served.create_bucket("b", object_retention=True)
        yield served


@pytest.fixture
async def abroad(service: Service) -> AsyncIterator[CloudBlobStore]:
    """Open the bucket, with parts that are small."""
    opened = await open_gcs("b", endpoint=service.endpoint, part_size=PART_MULTIPLE)
    yield opened
    await opened.close()


@pytest.mark.parametrize("status", [404, 410])
async def test_what_a_lost_session_would_have_brought_comes_in_the_next_round(
    service: Service, abroad: CloudBlobStore, status: int
) -> None:
    """It is the rounds alone that try again; meanwhile the other stores have everything."""
    yard = await _a_yard_with(abroad)
    await cycled(yard)
    for number in range(RECORDS):
        content = yard.house.random(LENGTH // 2).hex()
        await yard.house.records.put(Write(Ref(TENANT, KIND, f"{number}"), 1, content))
    service.loses_sessions_with = status
    yard.time.go_on(seconds=15)
    assert (await yard.shipper.ship()).behind == {ABROAD: "unavailable"}
    assert [await head(yard, store) for store in (EAST, WEST, ABROAD)] == [at(2), at(2), at(1)]
    assert service.lost
    service.loses_sessions_with = None
    yard.time.go_on(seconds=15)
    assert (await yard.shipper.ship()).behind == {}
    assert (await state(yard, ABROAD)).failure is None
    assert names(yard, EAST) == sorted(name.decode() for name in service.buckets["b"].objects)
    for name in names(yard, EAST, OBJECTS):
        assert await content_of(abroad, name) == yard.buckets[EAST].blobs[name.encode()][1]


async def _a_yard_with(abroad: CloudBlobStore) -> Yard:
    house = await furnished()
    near = Yard(house, buckets((EAST, WEST)))
    return Yard(house, near.buckets, stores=[*near.stores, Store(ABROAD, "gcp", abroad)])
