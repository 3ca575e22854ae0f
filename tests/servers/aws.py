"""What test servers of AWS have in common: an endpoint, and clients that arrange things around the adapters."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from botocore.httpsession import URLLib3Session

from tests.drivers import broken

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

REGION: Final = "us-east-1"


class Server(msgspec.Struct, frozen=True):
    """A server that stands for AWS."""

    port: int
    scheme: str = "http"
    access_key: str = "testing"
    secret_key: str = "testing"
    authority: Path | None = None
    """Who has signed its certificate."""

    def endpoint(self, port: int | None = None) -> str:
        """Return where it answers, or where a line to it does."""
        return f"{self.scheme}://127.0.0.1:{port or self.port}"

    def kms(self) -> "KMSClient":
        """Return a client for tests to arrange keys with."""
        return self._session().client("kms", endpoint_url=self.endpoint(), region_name=REGION)

    def s3(self) -> "S3Client":
        """Return a client for tests to arrange buckets with."""
        return self._session().client(
            "s3", endpoint_url=self.endpoint(), region_name=REGION, verify=str(self.authority or True)
        )

    def secrets(self) -> "SecretsManagerClient":
        """Return a client for tests to arrange secrets with."""
        return self._session().client("secretsmanager", endpoint_url=self.endpoint(), region_name=REGION)

    def create_key(self) -> str:
        """Make a key and return its ARN."""
        with closing(self.kms()) as client:
            return client.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]

    def create_bucket(
        self, name: str, *, locks: bool = False, region: "BucketLocationConstraintType | None" = None
    ) -> None:
        """Make a bucket, in another region than its own if one is given."""
        with closing(self.s3()) as client:
            if region is None:
                client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locks)
            else:
                client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})

    @contextmanager
    def credentials(self) -> Iterator[None]:
        """Have the environment hold what opens it, as it does for every AWS program."""
        given = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        if self.authority is not None:
            given["AWS_CA_BUNDLE"] = str(self.authority)
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            _restore(before)

    def _session(self) -> "boto3.Session":
        import boto3  # noqa: PLC0415 - Every test process imports this module, and few of them arrange anything at AWS.

        return boto3.Session(aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key)


@contextmanager
def broken_aws() -> Iterator[None]:
    """Have the driver's connections raise what nobody expects."""
    with broken((URLLib3Session, "send")):
        yield


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
