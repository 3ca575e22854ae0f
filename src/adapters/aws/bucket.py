"""A bucket of S3, and the calls on its objects that several others are made of."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from botocore.exceptions import ClientError

from adapters.aws.clients import TRIES
from adapters.aws.errors import CONTENDED, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

Said: TypeAlias = Mapping[str, Any]
"""An answer of S3, in which a field that does not apply is missing, whatever the stubs say."""

FREE: Final[Mapping[str, Any]] = {"IfNoneMatch": "*"}
"""The condition that there is no object of that key."""


class Bucket(NamedTuple):
    """Where objects are put, and how."""

    name: str
    patient: "S3Client"
    """For calls that may be repeated."""

    once: "S3Client"
    """For those whose repetition would find the traces of the first try."""

    encryption: Mapping[str, Any]
    """What each new object is told about encryption at rest."""


def head(bucket: Bucket, key: str) -> Said:
    """Ask for the object's description."""
    return uncontended(lambda: bucket.patient.head_object(Bucket=bucket.name, Key=key))


def is_there(bucket: Bucket, key: str) -> bool:
    """Ask whether there is an object of that key."""
    try:
        head(bucket, key)
    except ClientError as exc:
        if code_of(exc) == "404":
            return False
        raise
    return True


def uncontended(call: Callable[[], T]) -> T:
    """Call once more, a few times, while the answer is that the object was being written and so nothing was done."""
    for _ in range(TRIES - 1):
        try:
            return call()
        except ClientError as exc:
            if code_of(exc) not in CONTENDED:
                raise
    return call()


def put_object(bucket: Bucket, key: str, content: bytes, sha256: bytes, condition: Mapping[str, Any]) -> str:
    """Put the object in one call, under a condition, with its digest, which S3 compares; return its tag."""
    made = bucket.once.put_object(
        Bucket=bucket.name,
        Key=key,
        Body=content,
        ChecksumSHA256=checksum_of(sha256),
        **bucket.encryption,
        **condition,
    )
    return tag_of(made["ETag"])


def checksum_of(sha256: bytes) -> str:
    """Return a digest as S3 writes it."""
    return b64encode(sha256).decode("ascii")


def tag_of(etag: str) -> str:
    """Return an ETag without the quotes that HTTP puts around it."""
    return etag.strip('"')
