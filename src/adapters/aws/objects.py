"""What S3 says of objects, as the port says it."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from adapters.aws.bucket import Said, tag_of
from ports.blobs import BlobInfo
from ports.errors import PermissionDenied

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef


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


def check_unlocked(said: Said) -> None:
    """Raise PermissionDenied while a lock holds, by S3's own clock.

    In a bucket that keeps versions S3 would hide a locked object behind a newer version or a delete marker.
    """
    until = said.get("ObjectLockRetainUntilDate")
    if until is not None and answered(said) < until:
        raise PermissionDenied("the blob is retained")


def whole_second(until: datetime) -> datetime:
    """Return the moment, or the next whole second after it: S3 keeps no finer times, and a lock is not to end early."""
    return until if until.microsecond == 0 else until.replace(microsecond=0) + timedelta(seconds=1)


def answered(said: Said) -> datetime:
    """Return when S3 says that it answered."""
    return parsedate_to_datetime(said["ResponseMetadata"]["HTTPHeaders"]["date"])
