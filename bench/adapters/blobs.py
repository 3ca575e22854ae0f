"""The blob adapters beside the file system, boto3 and Google's client."""

import asyncio
import hashlib
import os
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud.storage import Client
from requests.adapters import HTTPAdapter

from adapters.aws.blobs import open_s3
from adapters.aws.threads import THREADS as AWS_THREADS
from adapters.aws.uploads import PART_SIZE
from adapters.gcp.blobs import THREADS as GCP_THREADS
from adapters.gcp.blobs import open_gcs
from adapters.local.blobs import THREADS as LOCAL_THREADS
from adapters.local.blobs import open_directory
from adapters.local.readings import CHUNK_SIZE
from bench.adapters.pairs import Pair, Side
from bench.adapters.servers import BUCKET
from ports.blobs import BlobStore
from ports.errors import Corrupt
from tests.servers.aws import REGION, Server

T = TypeVar("T")

_MEBIBYTE: Final = 1 << 20
_PIECES: Final = [hashlib.sha256(bytes((number,))).digest() * (_MEBIBYTE // 32) for number in range(32)]
_SIZE: Final = 4
_LARGE: Final = 32
"""In MiB; the smaller goes in one request, the larger in several parts."""

_CALLS: Final = 16


class Limited:
    """Runs what blocks in as many threads as the adapter does."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads)

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *args)

    def close(self) -> None:
        """End the threads."""
        self._executor.shutdown()


async def _content(size: int) -> AsyncIterator[bytes]:
    for piece in _PIECES[:size]:
        yield piece


class _Ours:
    """An adapter's calls."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.digests = {size: hashlib.sha256(b"".join(_PIECES[:size])).digest() for size in (_SIZE, _LARGE)}

    async def begin(self) -> None:
        """Put what is read."""
        await self._store.create("read", _content(_SIZE), sha256=self.digests[_SIZE])

    def put(self, size: int) -> Side:
        """Create blobs of so many MiB."""

        async def create(number: int) -> None:
            await self._store.create(f"ours/{number}", _content(size), sha256=self.digests[size])

        return Side(create, after=self._delete)

    async def get(self, _: int) -> None:
        """Read one from end to end."""
        async for _chunk in self._store.read("read"):
            pass

    async def _delete(self, numbers: range) -> None:
        for number in numbers:
            await self._store.delete(f"ours/{number}")


def _pairs(ours: _Ours, put: Side, get: Side, large: Side) -> list[Pair]:
    return [
        Pair(f"put of {_SIZE} MiB", _CALLS, ours.put(_SIZE), put, _SIZE * _MEBIBYTE),
        Pair(f"get of {_SIZE} MiB", _CALLS, Side(ours.get), get, _SIZE * _MEBIBYTE),
        Pair(f"put of {_LARGE} MiB", 2, ours.put(_LARGE), large, _LARGE * _MEBIBYTE, (1,)),
    ]


@asynccontextmanager
async def directory(folder: Path) -> AsyncIterator[Sequence[Pair]]:
    """Compare with files whose digest is compared, and that are synced and linked, in a folder that is synced too.

    They are read as a stream as well, in pieces of the same size.
    """
    store = await open_directory(folder / "blobs")
    ours, limited, bare = _Ours(store), Limited(LOCAL_THREADS), folder / "bare"
    bare.mkdir()
    await ours.begin()
    (bare / "read").write_bytes(b"".join(_PIECES[:_SIZE]))

    def write(number: int, size: int) -> None:
        descriptor, draft = tempfile.mkstemp(dir=folder)
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "wb") as file:
            for piece in _PIECES[:size]:
                file.write(piece)
                digest.update(piece)
            if digest.digest() != ours.digests[size]:
                raise Corrupt("the content does not match its digest")
            file.flush()
            os.fsync(file.fileno())
        (bare / str(number)).hardlink_to(draft)
        Path(draft).unlink()
        entries = os.open(bare, os.O_RDONLY)
        os.fsync(entries)
        os.close(entries)

    def side(size: int) -> Side:
        async def put(number: int) -> None:
            await limited.run(lambda: write(number, size))

        async def clear(numbers: range) -> None:
            for number in numbers:
                (bare / str(number)).unlink()

        return Side(put, after=clear)

    async def get(_: int) -> None:
        file = await limited.run((bare / "read").open, "rb")
        while await limited.run(file.read, CHUNK_SIZE):
            pass
        await limited.run(file.close)

    yield _pairs(ours, side(_SIZE), Side(get), side(_LARGE))
    limited.close()
    await store.close()


@asynccontextmanager
async def s3(server: Server) -> AsyncIterator[Sequence[Pair]]:
    """Compare with boto3, which sends and compares a SHA-256 of each object or part as well."""
    client: Any = boto3.client(
        "s3",
        endpoint_url=server.endpoint(),
        region_name=REGION,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(max_pool_connections=AWS_THREADS),
    )
    client.create_bucket(Bucket=BUCKET)
    with server.credentials():
        store = await open_s3(BUCKET, region=REGION, endpoint=server.endpoint())
    ours, limited = _Ours(store), Limited(AWS_THREADS)
    await ours.begin()

    async def put(number: int) -> None:
        await limited.run(
            lambda: client.put_object(
                Bucket=BUCKET,
                Key=f"bare/{number}",
                Body=b"".join(_PIECES[:_SIZE]),
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        )

    async def large(number: int) -> None:
        await limited.run(lambda: _in_parts(client, f"bare/{number}"))

    async def clear(numbers: range) -> None:
        for number in numbers:
            await limited.run(partial(client.delete_object, Bucket=BUCKET, Key=f"bare/{number}"))

    def whole() -> bytes:
        content: bytes = client.get_object(Bucket=BUCKET, Key="read")["Body"].read()
        return content

    async def get(_: int) -> None:
        await limited.run(whole)

    yield _pairs(ours, Side(put, after=clear), Side(get), Side(large, after=clear))
    limited.close()
    await store.close()
    client.close()


def _in_parts(client: Any, key: str) -> None:
    place = {"Bucket": BUCKET, "Key": key}
    upload = client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    each = PART_SIZE // _MEBIBYTE
    for number, first in enumerate(range(0, _LARGE, each), 1):
        part = b"".join(_PIECES[first : first + each])
        checksum = b64encode(hashlib.sha256(part).digest()).decode()
        sent = client.upload_part(**place, UploadId=upload, PartNumber=number, Body=part, ChecksumSHA256=checksum)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")


@asynccontextmanager
async def cloud_storage(endpoint: str) -> AsyncIterator[Sequence[Pair]]:
    """Compare with Google's client, which sends and compares CRC32Cs as well."""
    session = AuthorizedSession(AnonymousCredentials())
    session.mount("http://", HTTPAdapter(pool_maxsize=GCP_THREADS))
    client = Client(
        project=None,
        credentials=AnonymousCredentials(),
        _http=session,
        client_options={"api_endpoint": endpoint},
    )
    bucket = client.bucket(BUCKET)
    store = await open_gcs(BUCKET, endpoint=endpoint)
    ours, limited = _Ours(store), Limited(GCP_THREADS)
    await ours.begin()

    def upload(number: int, size: int) -> None:
        blob = bucket.blob(f"bare/{number}", chunk_size=PART_SIZE if size > _SIZE else None)
        if size > _SIZE:
            with blob.open("wb", if_generation_match=0, checksum="crc32c", retry=None) as stream:
                for piece in _PIECES[:size]:
                    stream.write(piece)
        else:
            blob.upload_from_string(b"".join(_PIECES[:size]), if_generation_match=0, checksum="crc32c", retry=None)

    def side(size: int) -> Side:
        async def put(number: int) -> None:
            await limited.run(lambda: upload(number, size))

        async def clear(numbers: range) -> None:
            for number in numbers:
                await limited.run(partial(bucket.delete_blob, f"bare/{number}"))

        return Side(put, after=clear)

    async def get(_: int) -> None:
        await limited.run(lambda: bucket.blob("read").download_as_bytes(checksum="crc32c", retry=None))

    yield _pairs(ours, side(_SIZE), Side(get), side(_LARGE))
    limited.close()
    await store.close()
    client.close()
