"""The server that stands for Cloud Storage is as strict as the real one, asked by Google's own client."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Bucket, Client

from tests.servers.gcs import cloud_storage


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """Return the client's view of an empty bucket."""
    with cloud_storage() as service:
        service.create_bucket("b", object_retention=True)
        options = {"api_endpoint": service.endpoint}
        client = Client(project="p", credentials=AnonymousCredentials(), client_options=options)
        yield client.bucket("b")
        client.close()


def _put(bucket: Bucket, name: str, content: bytes, generation: int | None = None) -> int:
    blob = bucket.blob(name)
    blob.upload_from_string(content, if_generation_match=generation, retry=None)
    return int(blob.generation)


def test_content_comes_back_whole_and_in_ranges(bucket: Bucket) -> None:
    """What is stored is read, with its checksum, and a range of it."""
    _put(bucket, "a/1", b"hi")
    blob = bucket.get_blob("a/1")
    assert blob.download_as_bytes() == b"hi"
    assert blob.download_as_bytes(start=1, end=1) == b"i"
    assert all((blob.generation, blob.metageneration, blob.crc32c))
    with pytest.raises(NotFound):
        bucket.blob("zzz").download_as_bytes()


def test_a_wrong_checksum_is_rejected(bucket: Bucket) -> None:
    """Content that does not match the checksum beside it is not stored."""
    blob = bucket.blob("a")
    blob.crc32c = "AAAAAA=="
    with pytest.raises(BadRequest):
        blob.upload_from_string(b"hello", checksum=None, retry=None)
    assert not bucket.blob("a").exists()


def test_generations_are_compared(bucket: Bucket) -> None:
    """Creating, replacing and deleting name the generation that must be there."""
    first = _put(bucket, "a", b"1", 0)
    with pytest.raises(PreconditionFailed):
        _put(bucket, "a", b"2", 0)
    second = _put(bucket, "a", b"2", first)
    with pytest.raises(PreconditionFailed):
        _put(bucket, "a", b"3", first)
    with pytest.raises(PreconditionFailed):
        bucket.blob("a").delete(if_generation_match=first, retry=None)
    bucket.blob("a").delete(if_generation_match=second, retry=None)
    with pytest.raises(PreconditionFailed):
        _put(bucket, "a", b"4", second)
    with pytest.raises(NotFound):
        bucket.blob("a").delete(retry=None)


def test_one_of_many_creators_wins(bucket: Bucket) -> None:
    """Of sixteen who create an object at once one succeeds."""

    def attempt(number: int) -> bool:
        try:
            _put(bucket, "race", b"%d" % number, 0)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(16))) == 1


def test_metagenerations_are_compared(bucket: Bucket) -> None:
    """A change of what is said of an object names the change before it."""
    _put(bucket, "a", b"1")
    blob = bucket.get_blob("a")
    before = blob.metageneration
    blob.metadata = {"k": "1"}
    blob.patch(if_metageneration_match=before, retry=None)
    assert blob.metageneration == before + 1
    blob.metadata = {"k": "2"}
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=before, retry=None)


def test_an_upload_in_parts_is_seen_when_it_ends(bucket: Bucket) -> None:
    """A stream of unknown size arrives whole, and is compared like any other."""
    with bucket.blob("s", chunk_size=256 * 1024).open("wb", if_generation_match=0, retry=None) as stream:
        for number in range(5):
            stream.write(bytes((number,)) * 300_000)
            assert not bucket.blob("s").exists()
    assert len(bucket.blob("s").download_as_bytes()) == 1_500_000
    with pytest.raises(PreconditionFailed):
        bucket.blob("s", chunk_size=256 * 1024).upload_from_file(
            BytesIO(bytes(300_000)), size=300_000, if_generation_match=0, retry=None
        )


def test_listings_come_in_pages(bucket: Bucket) -> None:
    """Prefix, start and page size are kept to, in the order of bytes."""
    names = ["a/1", "a/2", "a/b/3", "c/4", "ü", "\uffee", "\U0001f600"]
    for name in reversed(names):
        _put(bucket, name, b"x")
    assert [blob.name for blob in bucket.list_blobs(page_size=2)] == names
    assert [blob.name for blob in bucket.list_blobs(prefix="a/")] == names[:3]
    assert [blob.name for blob in bucket.list_blobs(start_offset="c/4", max_results=2)] == names[3:5]
    assert len(list(next(bucket.list_blobs(page_size=2).pages))) == 2


def test_holds_keep_an_object(bucket: Bucket) -> None:
    """Either kind of hold blocks deletion and replacement until it is lifted."""
    for hold in ("temporary_hold", "event_based_hold"):
        _put(bucket, "h", b"1")
        blob = bucket.get_blob("h")
        setattr(blob, hold, True)
        blob.patch(retry=None)
        for call in (lambda: bucket.blob("h").delete(retry=None), lambda: _put(bucket, "h", b"2")):
            with pytest.raises(Forbidden):
                call()
        setattr(blob, hold, False)
        blob.patch(retry=None)
        bucket.blob("h").delete(retry=None)


def test_a_locked_retention_keeps_an_object_and_only_grows(bucket: Bucket) -> None:
    """Nobody deletes a locked object, shortens its lock or lifts it."""
    _put(bucket, "r", b"1")
    blob = bucket.get_blob("r")
    until = datetime.now(UTC) + timedelta(days=1)
    blob.retention.mode, blob.retention.retain_until_time = "Locked", until
    blob.patch(retry=None)
    with pytest.raises(Forbidden):
        bucket.blob("r").delete(retry=None)
    for mode, wanted in (("Locked", until - timedelta(hours=1)), ("Unlocked", until)):
        blob.retention.mode, blob.retention.retain_until_time = mode, wanted
        with pytest.raises(Forbidden):
            blob.patch(retry=None)
