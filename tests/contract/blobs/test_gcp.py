"""What only Cloud Storage does to a blob store: parts, lost answers, damage, holds, pages and prefixes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.gcp.blobs import CloudBlobStore, open_gcs
from adapters.gcp.patience import PAUSES
from adapters.gcp.uploads import PART_MULTIPLE
from ports.blobs import Capability
from ports.errors import (
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
    Unsupported,
)
from tests.contract.blobs.content import content_of, names_in, put, sha256_of
from tests.patience import patience
from tests.servers.gcs import Service, cloud_storage

LARGE = [bytes((number,)) * 200_000 for number in range(7)]
"""Content of several parts, whose chunks are no parts."""

PATIENCE = len(PAUSES) + 1
"""How often something is asked at most."""


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """Serve a bucket that can lock objects and one that cannot."""
    with cloud_storage() as served:
        served.create_bucket("b", object_retention=True)
        served.create_bucket("plain")
        yield served


@pytest.fixture
async def store(service: Service) -> AsyncIterator[CloudBlobStore]:
    """Open the bucket, with parts that are small."""
    opened = await open_gcs("b", "site/", endpoint=service.endpoint, part_size=PART_MULTIPLE)
    yield opened
    await opened.close()


async def test_large_content_goes_in_parts(service: Service, store: CloudBlobStore) -> None:
    """Content beyond one part is sent in a session of parts and read back whole."""
    await put(store, "a", *LARGE)
    assert await content_of(store, "a") == b"".join(LARGE)
    size = (await store.info("a")).size
    assert sum(request.startswith("PUT") for request in service.requests) == size // PART_MULTIPLE + 1


async def test_a_part_that_was_refused_for_now_is_sent_again(service: Service, store: CloudBlobStore) -> None:
    """A hiccup in the middle of an upload, or at its very end, is not seen by whoever uploads."""
    for hiccup in range(8):
        chunk_number = 0

        async def hiccuping(at: int = hiccup) -> AsyncIterator[bytes]:
            nonlocal chunk_number
            for chunk_number, chunk in enumerate(LARGE):
                if chunk_number == min(at, len(LARGE) - 1):
                    service.failures.append(503)
                yield chunk

        await store.create(f"a{hiccup}", hiccuping(), sha256=sha256_of(*LARGE))
        assert await content_of(store, f"a{hiccup}") == b"".join(LARGE)


async def test_a_lost_answer_to_the_last_part_is_asked_for(service: Service, store: CloudBlobStore) -> None:
    """Where the last part has arrived and the answer has not, the session tells that the object is there."""
    service.lose_answers = 1
    tag = await put(store, "a", *LARGE)
    assert (await store.info("a")).tag == tag


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("at", [0, 3, 6])
async def test_a_lost_session_is_an_outage_and_the_upload_begins_anew(
    service: Service, store: CloudBlobStore, status: int, at: int
) -> None:
    """What is lost is the service's own session: neither a missing blob nor a fault of whoever calls."""

    async def losing() -> AsyncIterator[bytes]:
        for number, chunk in enumerate(LARGE):
            if number == at:
                # Whatever is asked of the session from now on.
                await asyncio.sleep(0)
                lost = service.buckets["b"].sessions
                service.lost |= {upload: status for upload in lost if "done" not in lost[upload]}
            yield chunk

    if at:
        with pytest.raises(Unavailable):
            await store.create("a", losing(), sha256=sha256_of(*LARGE))
        with pytest.raises(NotFound):
            await store.info("a")
    before = len(service.requests)
    await put(store, "a", *LARGE)
    # The session that was lost is cancelled by a thread that nobody waits for.
    since = [request for request in service.requests[before:] if not request.startswith("DELETE")]
    assert since[0].startswith("POST")
    assert await content_of(store, "a") == b"".join(LARGE)


@pytest.mark.parametrize("leads_to", ["http://127.0.0.1:{port}", "https://storage.googleapis.com", "http://[::1"])
async def test_a_session_elsewhere_gets_nothing(service: Service, store: CloudBlobStore, leads_to: str) -> None:
    """The address of a session is followed to where the answer came from; another server hears nothing at all."""
    with cloud_storage() as trap:
        service.leads_to = leads_to.format(port=trap.port)
        with pytest.raises(Unavailable):
            await put(store, "a", *LARGE)
        assert trap.requests == []
    assert not [request for request in service.requests if not request.startswith("POST")]


async def test_no_redirect_is_followed(service: Service, store: CloudBlobStore) -> None:
    """An answer that leads elsewhere is an outage, and the other server hears nothing at all."""
    await put(store, "a", b"1")
    with cloud_storage() as trap:
        service.redirects_to = trap.endpoint
        for call in (
            put(store, "b", b"1"),
            put(store, "b", *LARGE),
            store.replace("a", b"2", tag="1"),
            content_of(store, "a"),
            store.info("a"),
            store.list(),
            store.delete("a"),
            store.check(),
        ):
            with pytest.raises(Unavailable):
                await call
        assert trap.requests == []


async def test_a_session_that_has_other_parts_is_lost(service: Service, store: CloudBlobStore) -> None:
    """Where the service has less than it has confirmed, nothing is sent that would stand in the wrong place."""

    async def forgetting() -> AsyncIterator[bytes]:
        for number, chunk in enumerate(LARGE):
            if number == len(LARGE) - 1:
                service.failures.append(503)
                for session in service.buckets["b"].sessions.values():
                    session["content"].clear()
            yield chunk

    with pytest.raises(Unavailable):
        await store.create("a", forgetting(), sha256=sha256_of(*LARGE))
    with pytest.raises(NotFound):
        await store.info("a")


async def test_the_outcome_of_a_lost_answer_is_unknown(service: Service, store: CloudBlobStore) -> None:
    """A creation in one request is not asked for twice: its own first attempt would be in its way."""
    service.lose_answers = 1
    with pytest.raises(Unavailable):
        await put(store, "a", b"1")
    assert await content_of(store, "a") == b"1"


async def test_what_was_not_done_is_asked_for_again(service: Service, store: CloudBlobStore) -> None:
    """A write that the provider puts off is repeated, a few times."""
    service.failures = [429, 429]
    first = await put(store, "a", b"1")
    service.failures = [429]
    await store.replace("a", b"2", tag=first)
    service.failures = [429]
    await store.delete("a")
    service.failures = [429] * PATIENCE
    with pytest.raises(Unavailable):
        await put(store, "a", b"1")


async def test_nothing_is_asked_that_nobody_wants_to_know(service: Service, store: CloudBlobStore) -> None:
    """One call is one request, also after a miss; the library asks nothing by itself meanwhile."""
    service.requests.clear()
    await put(store, "a", b"1")
    with pytest.raises(NotFound):
        await store.info("b")
    await asyncio.sleep(0.2)
    assert [request.split()[0] for request in service.requests] == ["POST", "GET"]


async def test_reads_are_asked_for_again(service: Service, store: CloudBlobStore) -> None:
    """Looking, listing and reading survive a hiccup, and tell one that lasts."""
    await put(store, "a", b"1")
    service.failures = [503, 500]
    assert await names_in(store) == ["a"]
    service.failures = [503]
    assert await content_of(store, "a") == b"1"
    service.failures = [503] * PATIENCE
    with pytest.raises(Unavailable):
        await store.info("a")


async def test_damage_on_the_way_is_found_out(service: Service, store: CloudBlobStore) -> None:
    """A whole object that does not match the checksum beside it is corrupt."""
    await put(store, "a", b"content")
    service.damage = True
    with pytest.raises(Corrupt):
        await content_of(store, "a")


async def test_a_held_object_stays(service: Service, store: CloudBlobStore) -> None:
    """What an operator holds is neither deleted nor replaced."""
    tag = await put(store, "a", b"1")
    service.buckets["b"].objects[b"site/a"].resource["temporaryHold"] = True
    with pytest.raises(PermissionDenied):
        await store.delete("a")
    with pytest.raises(PermissionDenied):
        await store.replace("a", b"2", tag=tag)


async def test_a_lock_is_for_a_moment_to_come(service: Service, store: CloudBlobStore) -> None:
    """A second lock until the same moment asks for nothing, and one in the past is refused."""
    await put(store, "a", b"1")
    until = datetime.now(UTC) + timedelta(days=1)
    await store.retain("a", until)
    before = len(service.requests)
    await store.retain("a", until)
    assert [request.split()[0] for request in service.requests[before:]] == ["GET"]
    await put(store, "b", b"1")
    with pytest.raises(InvalidArgument):
        await store.retain("b", datetime.now(UTC) - timedelta(days=1))


async def test_a_bucket_says_whether_it_locks_objects(service: Service) -> None:
    """Without object retention the capability is not declared, and no lock is tried."""
    plain = await open_gcs("plain", endpoint=service.endpoint)
    assert Capability.RETENTION not in plain.capabilities
    with pytest.raises(Unsupported):
        await plain.retain("a", datetime.now(UTC))
    await plain.close()


async def test_stores_of_several_prefixes_share_a_bucket(service: Service, store: CloudBlobStore) -> None:
    """Neither sees what the other has, and both names are the same."""
    other = await open_gcs("b", "other/", endpoint=service.endpoint)
    await put(store, "a", b"1")
    await put(other, "a", b"2")
    assert (await names_in(store), await names_in(other)) == (["a"], ["a"])
    assert (await content_of(store, "a"), await content_of(other, "a")) == (b"1", b"2")
    await other.close()


async def test_a_refused_identity_is_told_so(service: Service, store: CloudBlobStore) -> None:
    """A missing permission is neither an outage nor a missing blob, whatever is asked."""
    service.forbidden = True
    for call in (store.info("a"), store.list(), store.check(), put(store, "a", b"1"), put(store, "a", *LARGE)):
        with pytest.raises(PermissionDenied):
            await call


async def test_a_call_ends_at_its_deadline(service: Service) -> None:
    """A provider that does not answer holds nobody up for longer."""
    store = await open_gcs("b", endpoint=service.endpoint, deadline=patience(0.2))
    with service.lock:
        with pytest.raises(DeadlineExceeded):
            await store.info("a")
        with pytest.raises(DeadlineExceeded):
            await put(store, "a", b"1")
    await store.close()


async def test_a_missing_bucket_is_told_when_it_is_asked(service: Service) -> None:
    """Opening asks nobody; what the bucket can do is not known then."""
    store = await open_gcs("none", endpoint=service.endpoint)
    assert store.capabilities == frozenset()
    for call in (store.check(), store.retain("a", datetime.now(UTC))):
        with pytest.raises(NotFound):
            await call
    await store.close()


async def test_a_provider_out_of_reach_is_unavailable() -> None:
    """A bucket of a server that is gone opens, and whoever asks it is soon told so."""
    with cloud_storage() as service:
        endpoint = service.endpoint
    store = await open_gcs("b", endpoint=endpoint)
    for call in (store.check(), store.retain("a", datetime.now(UTC))):
        with pytest.raises(Unavailable):
            await call
    await store.close()


async def test_nothing_is_sent_in_clear_to_another_machine() -> None:
    """An endpoint without TLS is one of this machine."""
    with pytest.raises(InvalidArgument):
        await open_gcs("b", endpoint="http://storage.example.com")


async def test_reserved_names_are_refused(store: CloudBlobStore) -> None:
    """Names that Cloud Storage keeps for itself are no names."""
    with pytest.raises(InvalidArgument):
        await store.info(".well-known/acme-challenge/x")
