"""Blobs in a bucket of S3, or of another store that speaks as S3 does."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws.bucket import Bucket, head, put_object, uncontended
from adapters.aws.clients import ONCE, TRIES, session, settings
from adapters.aws.downloads import Download
from adapters.aws.errors import CONTENDED, code_of, region_in
from adapters.aws.objects import check_unlocked, info_of, listed, whole_second
from adapters.aws.past import PastBucket
from adapters.aws.threads import Threads
from adapters.aws.uploads import PART_SIZE, Upload
from ports.blob_checks import Announced, check_limit, check_range, checked_name, checked_text
from ports.blob_parts import Parts
from ports.blobs import LIST_LIMIT, NAME_LIMIT, BlobInfo, Capability
from ports.errors import Conflict, InvalidArgument, PortError, Unsupported

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

DEADLINE: Final = 30.0
"""How many seconds a call may take, all its tries included; a stream's for each part or chunk."""

PREFIX_LIMIT: Final = 1_024 - NAME_LIMIT - 1
"""The longest prefix in bytes: S3 takes keys of 1,024."""

_TAG: Final = re.compile(r"[\x21\x23-\x7e]+")


async def open_s3(
    bucket: str,
    prefix: str = "",
    *,
    region: str,
    endpoint: str | None = None,
    deadline: float = DEADLINE,
    encryption_key: str | None = None,
) -> "S3BlobStore":
    """Return the store of the objects beneath `prefix`; asks AWS nothing.

    With `encryption_key`, the id or ARN of a KMS key, objects are encrypted under it; without, as the bucket says.
    Raises InvalidArgument for a prefix that leaves no room for names.
    """
    folder, threads = _folder(prefix), Threads(deadline)
    try:
        opened = await threads.run(_connect, bucket, region, endpoint, deadline, encryption_key)
    except BaseException:
        threads.close()
        raise
    return S3BlobStore(opened, folder, threads, region)


class S3BlobStore:
    """A `BlobStore` in a bucket of S3.

    Names hold nothing that does not print: S3 answers in XML, which cannot carry all of it. Listings tell nothing of
    locks.
    `check` raises InvalidArgument too, where the bucket is of another region than stated.
    """

    def __init__(self, bucket: Bucket, folder: str, threads: Threads, region: str) -> None:
        self.capabilities: frozenset[Capability] = frozenset()
        self._bucket = bucket
        self._folder = folder
        self._threads = threads
        self._region = region
        self._locks: bool | None = None

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        announced, parts = Announced(sha256), Parts(content, PART_SIZE)
        upload = Upload(self._bucket, self._key(name))
        try:
            async for part in parts:
                # While a part is on its way there is time to look at all that it is a part of.
                await asyncio.gather(self._threads.run(announced.add, part), self._threads.run(upload.add, part))
            await self._threads.run(announced.finish, parts.last)
            return await self._threads.run(upload.finish, parts.last, sha256)
        finally:
            if parts.are_several:
                with suppress(PortError):  # Parts that cannot be given back now are the bucket's to sweep.
                    await self._threads.run(upload.discard)

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        key = self._key(name)
        if await self._locks_objects() or not _TAG.fullmatch(tag):
            await self._threads.run(self._check_replaceable, name, key, tag)
        return await self._threads.run(self._replace, name, key, content, tag)

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_range(length)
        download = await self._threads.run(self._open, self._key(name), start, length)
        if download is None:
            return
        try:
            while not download.ended:
                yield await self._threads.run(download.next)
        finally:
            download.close()

    async def info(self, name: str) -> BlobInfo:
        return await self._threads.run(self._info, name, self._key(name))

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        check_limit(limit)
        for part, text in (("prefix", prefix), ("name", after or "")):
            checked_text(part, text)
        return await self._threads.run(_page, self._bucket, self._folder, (prefix, after or ""), limit)

    async def delete(self, name: str) -> None:
        await self._threads.run(self._delete, self._key(name))

    async def retain(self, name: str, until: datetime) -> None:
        key = self._key(name)
        if not await self._locks_objects():
            raise Unsupported("the bucket does not lock objects")
        await self._threads.run(self._retain, key, whole_second(until))

    def as_of(self, moment: datetime) -> PastBucket:
        return PastBucket(self._bucket, self._folder, self._threads, moment, self)

    async def check(self) -> None:
        await self._threads.run(self._check_region)
        await self._locks_objects()

    async def close(self) -> None:
        self._threads.close()
        self._bucket.patient.close()
        self._bucket.once.close()

    async def _locks_objects(self) -> bool:
        """Ask until the bucket has once said so."""
        if self._locks is None:
            self._locks = await self._threads.run(_locks_objects, self._bucket)
            self.capabilities = frozenset({Capability.RETENTION} if self._locks else ())
        return self._locks

    def _key(self, name: str) -> str:
        checked_name(name)
        if not name.isprintable():
            raise InvalidArgument("a name in S3 holds nothing that does not print")
        return self._folder + name

    def _check_region(self) -> None:
        region: str | None
        try:
            region = self._bucket.patient.head_bucket(Bucket=self._bucket.name).get("BucketRegion", self._region)
        except ClientError as exc:
            if (region := region_in(exc)) is None:
                raise
        if region != self._region:
            raise InvalidArgument("the bucket is of another region than stated")

    def _info(self, name: str, key: str) -> BlobInfo:
        return info_of(name, head(self._bucket, key))

    def _check_replaceable(self, name: str, key: str, tag: str) -> None:
        """Look before writing, where a lock would not hold off a newer version, or where S3 knows no such tag."""
        said = head(self._bucket, key)
        check_unlocked(said)
        if info_of(name, said).tag != tag:
            raise Conflict(name)

    def _replace(self, name: str, key: str, content: bytes, tag: str) -> str:
        try:
            return put_object(self._bucket, key, content, hashlib.sha256(content).digest(), {"IfMatch": f'"{tag}"'})
        except ClientError as exc:
            if code_of(exc) in {"PreconditionFailed", *CONTENDED}:
                raise Conflict(name) from exc
            raise

    def _open(self, key: str, start: int, length: int | None) -> Download | None:
        """Begin to read the range, all of it from one content; None where there is nothing in it."""
        if length == 0:
            head(self._bucket, key)
            return None
        wanted: dict[str, Any] = {} if (bounds := _range(start, length)) is None else {"Range": bounds}
        try:
            said = uncontended(lambda: self._bucket.patient.get_object(Bucket=self._bucket.name, Key=key, **wanted))
            return Download(said, length)
        except ClientError as exc:
            if code_of(exc) in {"InvalidRange", "416"}:
                return None
            raise

    def _delete(self, key: str) -> None:
        """Look first, because S3 says nothing where there is nothing; two at once may both be told that it worked."""
        check_unlocked(head(self._bucket, key))
        self._bucket.patient.delete_object(Bucket=self._bucket.name, Key=key)

    def _retain(self, key: str, until: datetime) -> None:
        """In compliance mode, in which nobody at all can shorten a lock."""
        locked = head(self._bucket, key).get("ObjectLockRetainUntilDate")
        if locked is not None and until < locked:
            raise InvalidArgument("a lock is never shortened")
        self._bucket.patient.put_object_retention(
            Bucket=self._bucket.name, Key=key, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until}
        )


def _connect(bucket: str, region: str, endpoint: str | None, deadline: float, encryption_key: str | None) -> Bucket:
    """Stores that are not AWS's own answer at one address for all buckets, so that the bucket stands in the path."""
    made = session()

    def client(tries: int) -> "S3Client":
        style = Config(s3={"addressing_style": "virtual" if endpoint is None else "path"})
        opened = made.client(
            "s3", region_name=region, endpoint_url=endpoint, config=settings(deadline, tries).merge(style)
        )
        opened.meta.events.register_last("before-parameter-build.s3", _stay_in_region)
        return opened

    encryption = {} if encryption_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption_key}
    return Bucket(bucket, client(TRIES), client(ONCE), encryption)


def _stay_in_region(context: dict[str, Any], **_: Any) -> None:
    """Have the client follow no answer that names another region: it would send the object, signed, there.

    The client sends a request on once, and this says that it has.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True


def _locks_objects(bucket: Bucket) -> bool:
    try:
        found = bucket.patient.get_object_lock_configuration(Bucket=bucket.name)
    except ClientError as exc:
        if code_of(exc) == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"


def _page(bucket: Bucket, folder: str, bounds: tuple[str, str], limit: int) -> list[BlobInfo]:
    prefix, after = bounds
    start: dict[str, Any] = {"StartAfter": folder + after} if after else {}
    pages = bucket.patient.get_paginator("list_objects_v2").paginate(
        Bucket=bucket.name,
        Prefix=folder + prefix,
        PaginationConfig={"MaxItems": limit, "PageSize": limit},
        **start,
    )
    return [listed(said["Key"][len(folder) :], said) for page in pages for said in page.get("Contents", [])]


def _folder(prefix: str) -> str:
    stripped = prefix.strip("/")
    if len(checked_text("prefix", stripped)) > PREFIX_LIMIT or not stripped.isprintable():
        raise InvalidArgument(f"a prefix is at most {PREFIX_LIMIT} bytes without control characters")
    return f"{stripped}/" if stripped else ""


def _range(start: int, length: int | None) -> str | None:
    """Return the range as HTTP says it; what a range that counts from the end has beyond `length` is not read."""
    if start < 0:
        return f"bytes={start}"
    if length is None:
        return f"bytes={start}-" if start else None
    return f"bytes={start}-{start + length - 1}"
