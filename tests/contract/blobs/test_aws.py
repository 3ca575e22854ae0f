"""What only S3 does to a blob store: uploads in parts, and buckets of other regions."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from botocore.client import BaseClient

from adapters.aws.blobs import S3BlobStore, open_s3
from adapters.aws.uploads import PART_SIZE
from ports.blobs import Capability
from ports.errors import InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable, Unsupported
from tests.contract.blobs.aws import in_radosgw_with_locks
from tests.contract.blobs.content import content_of, put
from tests.contract.blobs.laws import LAWS, retaining
from tests.rounds import rounds
from tests.servers.aws import REGION, Server

LARGE = bytes(range(256)) * (PART_SIZE // 256) + b"the rest"
"""Two parts."""


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """Serve S3."""
    found: Server = request.getfixturevalue("ministack_server")
    return found


@pytest.fixture
def bucket(server: Server) -> str:
    """Make a bucket that locks nothing."""
    name = f"b-{uuid4()}"
    server.s3().create_bucket(Bucket=name)
    return name


@pytest.fixture
async def store(server: Server, bucket: str) -> AsyncIterator[S3BlobStore]:
    """Open the bucket."""
    with server.credentials():
        opened = await open_s3(bucket, region=REGION, endpoint=server.endpoint())
    yield opened
    await opened.close()


async def test_a_bucket_without_locks_says_so(store: S3BlobStore) -> None:
    """Where the bucket locks nothing, no lock is promised."""
    await put(store, "a", b"1")
    with pytest.raises(Unsupported):
        await store.retain("a", datetime.now(UTC))


async def test_a_bucket_that_is_missing_is_told_when_it_is_asked(server: Server) -> None:
    """Opening asks nobody; what the bucket can do is not known then, and no lock is promised."""
    with server.credentials():
        store = await open_s3(f"b-{uuid4()}", region=REGION, endpoint=server.endpoint())
    assert store.capabilities == frozenset()
    for call in (store.check(), store.retain("a", datetime.now(UTC)), store.replace("a", b"1", tag="x")):
        with pytest.raises(NotFound):
            await call
    await store.close()


async def test_a_lock_is_promised_by_whoever_has_not_looked_yet(server: Server) -> None:
    """What the bucket can do is asked before the first lock, if not before."""
    name = f"b-{uuid4()}"
    server.create_bucket(name, locks=True)
    with server.credentials():
        store = await open_s3(name, region=REGION, endpoint=server.endpoint())
    await put(store, "a", b"1")
    until = (await store.info("a")).written + timedelta(seconds=1)
    await store.retain("a", until)
    assert (await store.info("a")).retained_until == until
    assert Capability.RETENTION in store.capabilities
    await store.close()


@pytest.mark.parametrize("prefix", ["x" * 600, "a\nb"])
async def test_a_prefix_that_leaves_no_room_for_names_is_refused(server: Server, bucket: str, prefix: str) -> None:
    """A key of S3 has 1,024 bytes, of which a name may take half."""
    with server.credentials(), pytest.raises(InvalidArgument):
        await open_s3(bucket, prefix, region=REGION, endpoint=server.endpoint())


@pytest.mark.timeout(rounds(1_000))
@pytest.mark.parametrize("law", [name for name, law in LAWS.items() if law.__module__ == retaining.__name__])
@pytest.mark.parametrize("world", ["s3-radosgw"])
async def test_ceph_keeps_the_laws_of_locks(world: str, law: str, request: pytest.FixtureRequest) -> None:
    """A bucket that locks objects keeps versions, of which Ceph may let several be the newest; its locks hold."""
    async with in_radosgw_with_locks(request) as made:
        assert Capability.RETENTION in made.store.capabilities
        await LAWS[law](made)


async def test_errors_tell_neither_names_nor_accounts(store: S3BlobStore, bucket: str) -> None:
    """An error says AWS's word for what went wrong, and nothing of whom it concerns."""
    with pytest.raises(PortError) as raised:
        await store.info("somebody")
    assert "somebody" not in str(raised.value)
    assert bucket not in str(raised.value)
    assert not isinstance(raised.value, PermissionDenied)


async def test_an_answer_without_what_it_should_tell_is_an_outage(
    store: S3BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever another server of S3 leaves out of its answers, no driver's or decoder's error passes the port."""
    await put(store, "a", b"1")

    def silent(*_: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr(BaseClient, "_make_api_call", silent)
    for call in (store.info("a"), put(store, "b", b"1"), put(store, "b", LARGE), content_of(store, "a")):
        with pytest.raises(Unavailable):
            await call
