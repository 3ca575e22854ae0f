"""What opens an address: one function for each adapter, all of one shape.

An adapter is imported, and its driver with it, when it is first opened: no process waits for drivers that its site
does not use.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from entrypoints.configuration_addresses import Address
from ports.sources import Clock, Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an adapter is given besides its address."""

    deadline: float
    """The most seconds that one call to a storage may take; whatever else there is has its own patience."""

    clock: Clock
    random: Random


Opener: TypeAlias = Callable[[Address, Means], Awaitable[Any]]
"""Opens what the address names, whose form has been checked; raises a port error."""


async def sqlite(address: Address, means: Means) -> Any:
    """Open an SQLite file."""
    from adapters.sqlite.opening import open_sqlite

    return await open_sqlite(address.path, deadline=means.deadline)


async def keyring(address: Address, means: Means) -> Any:
    """Open a keyring file."""
    from adapters.local.keys import open_keyring

    return await open_keyring(address.path, clock=means.clock, random=means.random)


async def directory(address: Address, means: Means) -> Any:
    """Open a directory of blobs."""
    from adapters.local.blobs import open_directory

    return await open_directory(address.path)


async def sealed_file(address: Address, means: Means) -> Any:
    """Open a sealed file of secrets, and the keyring beside it or where its option says."""
    from adapters.local.secrets import open_secrets

    beside = address.folder / address.options.get("keyring", f"{address.place}.keyring")
    return await open_secrets(address.path, beside, clock=means.clock, random=means.random)


async def mongodb(address: Address, means: Means) -> Any:
    """Open a MongoDB database."""
    from adapters.mongo.opening import open_mongo

    return await open_mongo(address.url, deadline=means.deadline)


async def s3(address: Address, means: Means) -> Any:
    """Open a bucket of S3, or a prefix in it."""
    from adapters.aws.blobs import open_s3

    options = address.options
    bucket, prefix = _bucket_and_prefix(address)
    return await open_s3(
        bucket,
        prefix,
        region=options["region"],
        endpoint=options.get("endpoint"),
        encryption_key=options.get("key"),
    )


async def gs(address: Address, means: Means) -> Any:
    """Open a bucket of Cloud Storage, or a prefix in it."""
    from adapters.gcp.blobs import open_gcs

    bucket, prefix = _bucket_and_prefix(address)
    return await open_gcs(bucket, prefix and f"{prefix}/", endpoint=address.options.get("endpoint"))


async def aws_secrets(address: Address, means: Means) -> Any:
    """Open the secrets of AWS Secrets Manager whose names begin with a prefix."""
    from adapters.aws.secrets import open_secrets as open_secrets_manager

    options = address.options
    return await open_secrets_manager(address.place, region=options["region"], endpoint=options.get("endpoint"))


async def gcp_secrets(address: Address, means: Means) -> Any:
    """Open the secrets of a project whose names begin with a prefix; new ones are kept in the stated region alone."""
    from adapters.gcp.secrets import open_secrets as open_secret_manager

    _, project, prefix = address.place.split("/")
    options = address.options
    return await open_secret_manager(project, prefix, regions=(options["region"],), endpoint=options.get("endpoint"))


async def aws_kms(address: Address, means: Means) -> Any:
    """Open a key of AWS KMS; an ARN tells its region."""
    from adapters.aws.keys import open_kms

    key, options = address.place, address.options
    region = key.split(":")[3] if key.startswith("arn:") else options["region"]
    return await open_kms(key, region=region, endpoint=options.get("endpoint"))


async def gcp_kms(address: Address, means: Means) -> Any:
    """Open a key of Cloud KMS."""
    from adapters.gcp.keys import open_kms

    return await open_kms(address.place, endpoint=address.options.get("endpoint"))


def _bucket_and_prefix(address: Address) -> tuple[str, str]:
    """Divide `//bucket/some/prefix/`; the prefix without slashes around it, and empty for the whole bucket."""
    bucket, _, prefix = address.place.removeprefix("//").partition("/")
    return bucket, prefix.strip("/")
