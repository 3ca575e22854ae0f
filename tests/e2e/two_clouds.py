"""Two sites in two clouds on this machine: one of AWS, all of which can be switched off, and one of Google."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from adapters.mongo import prepare_mongo
from tests.e2e.clouds import KeyServers
from tests.patience import patience
from tests.servers.aws import Server as AwsServer
from tests.servers.gcs import cloud_storage
from tests.servers.mongo.starting import Server as MongoServer
from tests.servers.proxy import Proxy, proxy_to

SITES_DEADLINE = 5.0
"""Seconds that a call to the storage of a site may take, unless it says otherwise."""

_DEADLINE = 10.0


class TwoClouds:
    """A configuration, `panorama.toml` in a folder, and the lines to everything that is of AWS."""

    def __init__(self, configuration: Path, lines: list[Proxy]) -> None:
        self.configuration = configuration
        self._lines = lines

    def lose_aws(self) -> None:
        """Nothing of it answers any more: databases, buckets, key manager, control store."""
        for line in self._lines:
            line.refuse(refusing=True)

    def lose_keys_of_aws(self) -> None:
        """Its key manager does not answer any more."""
        self._lines[1].refuse(refusing=True)

    def lose_buckets_of_aws(self) -> None:
        """Its buckets do not answer any more."""
        self._lines[2].refuse(refusing=True)

    def bring_aws_back(self) -> None:
        """Everything of it answers again, as it was."""
        for line in self._lines:
            line.refuse(refusing=False)


@contextmanager
def two_clouds(folder: Path, mongo: MongoServer, kms: KeyServers, buckets: AwsServer) -> Iterator[TwoClouds]:
    """Yield sites `aws` and `gcp` whose storages and vaults are empty; `aws` is the active one."""
    name = uuid4().hex[:8]
    with ExitStack() as stack:
        google = stack.enter_context(cloud_storage())
        lines = [stack.enter_context(proxy_to(port)) for port in (mongo.port, kms.aws.port, buckets.port)]
        to_mongo, to_kms, to_s3 = (line.port for line in lines)
        for bucket in ("east", "control"):
            buckets.create_bucket(f"{bucket}-{name}")
        buckets.create_bucket(f"west-{name}", region="us-west-2")
        for bucket in ("abroad", "control"):
            google.create_bucket(f"{bucket}-{name}")
        databases = {part: f"{part}_{name}" for part in ("aws", "aws_vault", "gcp", "gcp_vault")}
        for database in databases.values():
            stack.callback(mongo.drop, database)
            asyncio.run(prepare_mongo(mongo.uri(database), deadline=patience(_DEADLINE)))
        s3 = f"endpoint={buckets.endpoint(to_s3)}&cloud=aws"
        gs = f"endpoint={google.endpoint}&cloud=gcp"
        keys = (
            f'["aws-kms:{kms.aws.create_key()}?endpoint={kms.aws.endpoint(to_kms)}", '
            f'"gcp-kms:{kms.google.create_key(name)}?endpoint={kms.google.server.endpoint}"]'
        )
        blobs = (
            f'["s3://east-{name}?region=us-east-1&{s3}", "s3://west-{name}?region=us-west-2&{s3}", '
            f'"gs://abroad-{name}?region=us&{gs}"]'
        )
        far = {
            part: mongo.uri(databases[part], "directConnection=true", port=to_mongo) for part in ("aws", "aws_vault")
        }
        # What a call to a storage may take is for an operator to say; a machine of the tests may be slower than theirs.
        longest = min(patience(SITES_DEADLINE), 60.0)
        configuration = folder / "panorama.toml"
        configuration.write_text(
            f"""
active = "aws"
[control]
stores = [
    "s3://control-{name}?region=us-east-1&{s3}", "gs://control-{name}?region=us&{gs}", "dir:control-witness"
]
[sites.aws]
region = "us-east-1"
deadline = {longest}
storage = "{far["aws"]}"
vault = "{far["aws_vault"]}"
keys = {keys}
blobs = {blobs}
[sites.gcp]
region = "us-central1"
deadline = {longest}
storage = "{mongo.uri(databases["gcp"])}"
vault = "{mongo.uri(databases["gcp_vault"])}"
keys = {keys}
blobs = {blobs}
""",
            encoding="utf-8",
        )
        with kms.aws.credentials():
            yield TwoClouds(configuration, lines)
