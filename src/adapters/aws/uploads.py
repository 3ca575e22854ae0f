"""Content on its way into one object of S3: in one call where it is small, in parts where it is large."""

import hashlib
import hmac
import threading
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ports.errors import Corrupt, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE: Final = 8 * 1024 * 1024
"""How many bytes are held and sent at a time; S3 takes 10,000 parts of at least 5 MiB, so a blob may have 78 GiB."""

FREE: Final = "*"
"""The condition that no object may match."""


class Bucket(NamedTuple):
    """Where objects are put, and how."""

    name: str
    patient: "S3Client"
    """For calls that may be repeated."""

    once: "S3Client"
    """For those whose repetition would find the traces of the first try."""

    encryption: Mapping[str, Any]
    """What each new object is told about encryption at rest."""


class Upload:
    """One object to be, for one thread at a time and for none after `discard`."""

    def __init__(self, bucket: Bucket, key: str, sha256: bytes) -> None:
        self._bucket = bucket
        self._key = key
        self._sha256 = sha256
        self._sent = hashlib.sha256()
        self._lock = threading.Lock()
        self._id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._discarded = False

    def add(self, part: bytes) -> None:
        """Send a part of at least PART_SIZE bytes; only the last may be shorter."""
        with self._lock:
            self._add(part)

    def finish(self, last: bytes) -> str:
        """Send what is left and make the object visible, if its name is free; return its tag.

        Raises Corrupt where the content is not what was announced.
        """
        with self._lock:
            if self._id is None:
                return self._put(last)
            if last:
                self._add(last)
            self._compare()
            made = self._bucket.once.complete_multipart_upload(
                Bucket=self._bucket.name,
                Key=self._key,
                UploadId=self._id,
                MultipartUpload={"Parts": self._parts},
                IfNoneMatch=FREE,
            )
            self._id = None
            return tag_of(made["ETag"])

    def discard(self) -> None:
        """Give back the parts of an upload that has not been finished, after the last of them has arrived."""
        with self._lock:
            self._discarded = True
            begun, self._id = self._id, None
            if begun is not None:
                self._bucket.patient.abort_multipart_upload(Bucket=self._bucket.name, Key=self._key, UploadId=begun)

    def _put(self, content: bytes) -> str:
        self._check_wanted()
        self._sent.update(content)
        self._compare()
        return put_object(self._bucket, self._key, content, {"IfNoneMatch": FREE})

    def _add(self, part: bytes) -> None:
        self._check_wanted()
        if self._id is None:
            self._id = self._bucket.once.create_multipart_upload(
                Bucket=self._bucket.name, Key=self._key, ChecksumAlgorithm="SHA256", **self._bucket.encryption
            )["UploadId"]
        number, checksum = len(self._parts) + 1, checksum_of(part)
        self._sent.update(part)
        sent = self._bucket.patient.upload_part(
            Bucket=self._bucket.name,
            Key=self._key,
            UploadId=self._id,
            PartNumber=number,
            Body=part,
            ChecksumSHA256=checksum,
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})

    def _compare(self) -> None:
        if not hmac.compare_digest(self._sent.digest(), self._sha256):
            raise Corrupt("the content does not match its digest")

    def _check_wanted(self) -> None:
        if self._discarded:
            raise Unavailable("the upload has been given up")


def put_object(bucket: Bucket, key: str, content: bytes, condition: Mapping[str, Any]) -> str:
    """Put the object in one call, under a condition, with a checksum that S3 compares; return its tag."""
    made = bucket.once.put_object(
        Bucket=bucket.name,
        Key=key,
        Body=content,
        ChecksumSHA256=checksum_of(content),
        **bucket.encryption,
        **condition,
    )
    return tag_of(made["ETag"])


def checksum_of(content: bytes) -> str:
    """Return the SHA-256 of the content as S3 writes it."""
    return b64encode(hashlib.sha256(content).digest()).decode("ascii")


def tag_of(etag: str) -> str:
    """Return an ETag without the quotes that HTTP puts around it."""
    return etag.strip('"')
