"""What S3 says of objects, as the port says it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from botocore.exceptions import ClientError

from adapters.aws.errors import code_of
from adapters.aws.uploads import Bucket, tag_of
from ports.blobs import BlobInfo
from ports.errors import PermissionDenied

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

Said: TypeAlias = Mapping[str, Any]
"""An answer of S3, in which a field that does not apply is missing, whatever the stubs say."""

_GONE_AGAIN: Final = frozenset({"404", "412", "NoSuchKey", "PreconditionFailed"})


def head(bucket: Bucket, key: str) -> Said:
    """Ask for the object's description."""
    return bucket.patient.head_object(Bucket=bucket.name, Key=key)


def info_of(name: str, said: Said) -> BlobInfo:
    """Return a description in the port's words."""
    return BlobInfo(
        name,
        said["ContentLength"],
        tag_of(said["ETag"]),
        said["LastModified"].replace(microsecond=0),
        said.get("ObjectLockRetainUntilDate"),
    )


def listed(name: str, said: "ObjectTypeDef") -> BlobInfo:
    """Return what a listing says of an object; nothing of locks, and of the time what `head` says too."""
    return BlobInfo(name, said["Size"], tag_of(said["ETag"]), said["LastModified"].replace(microsecond=0))


def info_of_new(bucket: Bucket, name: str, key: str, tag: str, size: int) -> BlobInfo:
    """Describe what has just been put: only S3 knows the time that it has written down for it.

    Where somebody has replaced or deleted it since, the time is that of this answer.
    """
    try:
        return info_of(name, bucket.patient.head_object(Bucket=bucket.name, Key=key, IfMatch=f'"{tag}"'))
    except ClientError as exc:
        if code_of(exc) not in _GONE_AGAIN:
            raise
        return BlobInfo(name, size, tag, answered(exc.response["ResponseMetadata"]))


def check_unlocked(said: Said) -> None:
    """Raise PermissionDenied while a lock holds, by S3's own clock.

    In a bucket that keeps versions S3 would hide a locked object behind a newer version or a delete marker.
    """
    until = said.get("ObjectLockRetainUntilDate")
    if until is not None and answered(said["ResponseMetadata"]) < until:
        raise PermissionDenied("the blob is retained")


def whole_second(until: datetime) -> datetime:
    """Return the moment, or the next whole second after it: S3 keeps no finer times, and a lock is not to end early."""
    return until if until.microsecond == 0 else until.replace(microsecond=0) + timedelta(seconds=1)


def answered(metadata: Mapping[str, Any]) -> datetime:
    """Return when S3 says that it answered."""
    return parsedate_to_datetime(metadata["HTTPHeaders"]["date"])
