"""Content on its way into one object of S3: in one call where it is small, in parts where it is large."""

import hashlib
import threading
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from adapters.aws.bucket import FREE, Bucket, checksum_of, is_there, put_object, tag_of, uncontended
from adapters.aws.errors import CONTENDED, code_of
from ports.errors import AlreadyExists, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE: Final = 8 * 1024 * 1024
"""How many bytes are held and sent at a time; S3 takes 10,000 parts of at least 5 MiB, so a blob may have 78 GiB."""


class Upload:
    """One object to be, for one thread at a time and for none after `discard`."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._lock = threading.Lock()
        self._id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._discarded = False

    def add(self, part: bytes) -> None:
        """Send a part of PART_SIZE bytes that is not the last."""
        with self._lock:
            self._check_wanted()
            self._add(part)

    def finish(self, last: bytes, sha256: bytes) -> str:
        """Send what is left and make the object visible, if its name is free; return its tag.

        `sha256` is the digest of the whole: of the last part where there are no others, so that S3 compares it too.
        """
        with self._lock:
            self._check_wanted()
            if self._id is None:
                return self._put(last, sha256)
            self._add(last)
            return self._complete(self._id)

    def discard(self) -> None:
        """Give back the parts of an upload that has not been finished, after the last of them has arrived."""
        with self._lock:
            self._discarded = True
            begun, self._id = self._id, None
            if begun is not None:
                self._bucket.patient.abort_multipart_upload(Bucket=self._bucket.name, Key=self._key, UploadId=begun)

    def _put(self, content: bytes, sha256: bytes) -> str:
        try:
            return uncontended(lambda: put_object(self._bucket, self._key, content, sha256, FREE))
        except ClientError as exc:
            self._check_outrun(exc)
            raise

    def _complete(self, upload: str) -> str:
        try:
            made = self._bucket.once.complete_multipart_upload(
                Bucket=self._bucket.name,
                Key=self._key,
                UploadId=upload,
                MultipartUpload={"Parts": self._parts},
                **FREE,
            )
        except ClientError as exc:
            self._check_outrun(exc)
            raise
        self._id = None
        return tag_of(made["ETag"])

    def _check_outrun(self, error: ClientError) -> None:
        """Raise AlreadyExists where the error is that somebody else wrote the object, unless it has gone again."""
        if code_of(error) in CONTENDED and is_there(self._bucket, self._key):
            raise AlreadyExists("there is a blob of that name") from error

    def _add(self, part: bytes) -> None:
        if self._id is None:
            self._id = self._bucket.once.create_multipart_upload(
                Bucket=self._bucket.name, Key=self._key, ChecksumAlgorithm="SHA256", **self._bucket.encryption
            )["UploadId"]
        number, checksum = len(self._parts) + 1, checksum_of(hashlib.sha256(part).digest())
        sent = self._bucket.patient.upload_part(
            Bucket=self._bucket.name,
            Key=self._key,
            UploadId=self._id,
            PartNumber=number,
            Body=part,
            ChecksumSHA256=checksum,
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})

    def _check_wanted(self) -> None:
        if self._discarded:
            raise Unavailable("the upload has been given up")
