"""Whole or nothing holds under each fault of a transfer that Google's testbench knows how to make."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import requests

from adapters.gcp.blobs import CloudBlobStore, open_gcs
from adapters.gcp.uploads import PART_MULTIPLE, Upload
from ports.errors import AlreadyExists, Corrupt, DeadlineExceeded, NotFound, Unavailable
from tests.contract.blobs.content import content_of, put, sha256_of
from tests.servers.gcs import Service, cloud_storage
from tests.servers.gcs_faults import DOWNLOAD_FAULTS, UPLOAD_FAULTS, Fault, Harm

LARGE = [bytes((number,)) * 200_000 for number in range(5)]
"""Content of four parts."""

PARTS = 4
SMALL = b"small content, in one request"
_SOON = 0.5
"""How many seconds are waited for what does not come."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Serve a bucket to all tests of this file; each has names of its own."""
    with cloud_storage() as served:
        served.create_bucket("b")
        yield served


@pytest.fixture
async def store(service: Service) -> AsyncIterator[CloudBlobStore]:
    """Open the bucket; parts are small."""
    opened = await open_gcs("b", endpoint=service.endpoint, part_size=PART_MULTIPLE)
    yield opened
    await opened.close()


@pytest.fixture
async def impatient(service: Service) -> AsyncIterator[CloudBlobStore]:
    """Open it for whoever gives up soon."""
    opened = await open_gcs("b", endpoint=service.endpoint, deadline=_SOON, part_size=PART_MULTIPLE)
    yield opened
    await opened.close()


def _passing(faults: dict[str, Fault]) -> list[str]:
    """Return the names of those after which an answer comes, or the end of the connection."""
    return [name for name, fault in faults.items() if fault.harm is not Harm.STALL]


@pytest.mark.parametrize("name", _passing(UPLOAD_FAULTS))
async def test_an_upload_is_whole_or_nothing(service: Service, store: CloudBlobStore, name: str) -> None:
    """Whichever part of an upload comes to harm, the session tells how far it got, and the caller does not notice."""
    for step in (1, 2, PARTS):
        service.harm(step, UPLOAD_FAULTS[name])
        tag = await put(store, f"{name}/{step}", *LARGE)
        assert (await store.info(f"{name}/{step}")).tag == tag
        assert not service.faults
        assert await content_of(store, f"{name}/{step}") == b"".join(LARGE)


async def test_what_stalls_is_given_up(service: Service, store: CloudBlobStore, impatient: CloudBlobStore) -> None:
    """An upload, a write and a reading that do not go on exceed the deadline; nothing is there by half."""
    tag = await put(store, "stalls/before", SMALL)
    for call in (
        lambda: put(impatient, "stalls/large", *LARGE),
        lambda: put(impatient, "stalls/small", SMALL),
        lambda: impatient.replace("stalls/before", SMALL * 2, tag=tag),
        lambda: content_of(impatient, "stalls/before"),
    ):
        service.harm(1, Fault(Harm.STALL))
        with pytest.raises(DeadlineExceeded):
            await call()
    for name in ("stalls/large", "stalls/small"):
        with pytest.raises(NotFound):
            await store.info(name)
    assert await content_of(store, "stalls/before") == SMALL
    await put(store, "stalls/large", *LARGE)


def test_an_upload_that_was_given_up_sends_no_further_part(service: Service) -> None:
    """A part whose answer comes when nobody waits for it any more holds no thread for another attempt."""
    with requests.Session() as session:
        upload = Upload(session, f"{service.endpoint}/upload/storage/v1/b/b/o", "given-up", (5.0, 5.0))
        upload.give_up()
        before = service.transfers
        with pytest.raises(Unavailable, match="given up"):
            upload.append(bytes(PART_MULTIPLE))
        assert service.transfers == before
        upload.cancel()
    assert service.requests[-1].startswith("DELETE")


@pytest.mark.parametrize("name", _passing(UPLOAD_FAULTS))
async def test_what_goes_in_one_request_is_whole_or_nothing(service: Service, store: CloudBlobStore, name: str) -> None:
    """A write whose outcome is not known is told as such; there is what was before, or all of what was to be."""
    fault = UPLOAD_FAULTS[name]
    service.harm(1, fault)
    with pytest.raises(Unavailable):
        await put(store, f"{name}/small", SMALL)
    with suppress(AlreadyExists):
        await put(store, f"{name}/small", SMALL)
    assert await content_of(store, f"{name}/small") == SMALL
    before = await store.info(f"{name}/small")
    service.harm(1, fault)
    with pytest.raises(Unavailable):
        await store.replace(f"{name}/small", SMALL * 2, tag=before.tag)
    after = await store.info(f"{name}/small")
    assert (await content_of(store, f"{name}/small") == SMALL) is (after.tag == before.tag)
    assert await content_of(store, f"{name}/small") in {SMALL, SMALL * 2}


@pytest.mark.parametrize("name", _passing(DOWNLOAD_FAULTS))
async def test_a_reading_is_whole_or_fails(service: Service, store: CloudBlobStore, name: str) -> None:
    """No answer that ends too soon is taken for all of an object, or of a range of it."""
    fault = DOWNLOAD_FAULTS[name]
    whole = b"".join(LARGE)
    with suppress(AlreadyExists):
        await put(store, "to-be-read", *LARGE)
    for start, length in ((0, None), (1_000, None), (1_000, 300_000)):
        wanted = whole[start : None if length is None else start + length]
        service.harm(1, fault)
        try:
            read = await content_of(store, "to-be-read", start=start, length=length)
        except (Unavailable, Corrupt):
            assert fault.harm is not Harm.REFUSE
        else:
            # Of a range there was one more byte to come than was asked for, or the service was asked again.
            assert read == wanted
        assert not service.faults
    assert await content_of(store, "to-be-read") == whole


async def test_a_session_that_answers_nothing_good_is_given_up(service: Service, store: CloudBlobStore) -> None:
    """Whoever is told in the end that the outcome is unknown may look, and finds the object."""

    async def content() -> AsyncIterator[bytes]:
        for chunk in LARGE:
            yield chunk
        service.garbled_answers = True

    try:
        with pytest.raises(Unavailable):
            await store.create("garbled", content(), sha256=sha256_of(*LARGE))
    finally:
        service.garbled_answers = False
    assert await content_of(store, "garbled") == b"".join(LARGE)


def test_every_harm_is_done_to_either_way() -> None:
    """Neither table leaves a kind of harm out."""
    for faults in (UPLOAD_FAULTS, DOWNLOAD_FAULTS):
        assert {fault.harm for fault in faults.values()} == set(Harm)
    assert Fault(Harm.GARBLE) not in UPLOAD_FAULTS.values(), "what is uploaded has a length that was told before"
