"""Each opener hands its adapter what the address says, and no driver is imported before that."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from entrypoints import openers
from entrypoints.configuration_addresses import parse_address
from entrypoints.endpoints import Endpoint, mongodb_hosts
from entrypoints.openers import Means, Opener
from entrypoints.schemes import scheme_of
from tests.fakes.sources import FakeRandom, FakeTime

GCP_KEY = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"
ARN = "arn:aws:kms:us-east-2:123456789012:key/k"
LOCAL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("opener", "adapter", "address", "expected"),
    [
        (
            openers.mongodb,
            "adapters.mongo.opening.open_mongo",
            "mongodb://db.example.com/p?tls=true",
            ("mongodb://db.example.com/p?tls=true", {"deadline": 3.0}),
        ),
        (
            openers.s3,
            "adapters.aws.blobs.open_s3",
            "s3://bucket/some/prefix/?region=us-east-1&key=alias/a",
            ("bucket", "some/prefix", {"region": "us-east-1", "endpoint": None, "encryption_key": "alias/a"}),
        ),
        (
            openers.gs,
            "adapters.gcp.blobs.open_gcs",
            f"gs://bucket/prefix?region=us&endpoint={LOCAL}",
            ("bucket", "prefix/", {"endpoint": LOCAL}),
        ),
        (openers.gs, "adapters.gcp.blobs.open_gcs", "gs://bucket?region=us", ("bucket", "", {"endpoint": None})),
        (
            openers.aws_kms,
            "adapters.aws.keys.open_kms",
            f"aws-kms:{ARN}",
            (ARN, {"region": "us-east-2", "endpoint": None}),
        ),
        (
            openers.aws_kms,
            "adapters.aws.keys.open_kms",
            f"aws-kms:mrk-1?region=us-west-2&endpoint={LOCAL}",
            ("mrk-1", {"region": "us-west-2", "endpoint": LOCAL}),
        ),
        (
            openers.aws_secrets,
            "adapters.aws.secrets.open_secrets",
            f"aws-secrets:panorama/?region=us-west-2&endpoint={LOCAL}",
            ("panorama/", {"region": "us-west-2", "endpoint": LOCAL}),
        ),
        (
            openers.gcp_secrets,
            "adapters.gcp.secrets.open_secrets",
            "gcp-secrets:projects/p/panorama-?region=us-east1",
            ("p", "panorama-", {"regions": ("us-east1",), "endpoint": None}),
        ),
        (openers.gcp_kms, "adapters.gcp.keys.open_kms", f"gcp-kms:{GCP_KEY}", (GCP_KEY, {"endpoint": None})),
    ],
)
async def test_an_adapter_is_given_what_the_address_says(
    monkeypatch: pytest.MonkeyPatch, opener: Opener, adapter: str, address: str, expected: tuple[Any, ...]
) -> None:
    """The place and the options, each under the name that the adapter knows it by."""

    async def opened(*values: object, **options: object) -> object:
        return (*values, options)

    monkeypatch.setattr(adapter, opened)
    means = Means(deadline=3.0, clock=FakeTime().clock, random=FakeRandom())
    assert await opener(parse_address("sites.one.x", address, Path()), means) == expected


@pytest.mark.parametrize(
    ("kind", "address", "host", "port"),
    [
        ("keys", "aws-kms:mrk-1?region=us-west-2", "kms.us-west-2.amazonaws.com", 443),
        ("keys", f"aws-kms:{ARN}", "kms.us-east-2.amazonaws.com", 443),
        ("keys", f"gcp-kms:{GCP_KEY}", "cloudkms.googleapis.com", 443),
        ("blobs", "s3://bucket?region=us-east-1", "s3.us-east-1.amazonaws.com", 443),
        ("blobs", "s3://bucket?region=us-east-1&endpoint=https://s3.example.com", "s3.example.com", 443),
        ("blobs", "gs://bucket?region=us", "storage.googleapis.com", 443),
        ("blobs", f"gs://bucket?region=us&endpoint={LOCAL}", "127.0.0.1", 1),
    ],
)
def test_a_service_is_reached_where_its_address_says(kind: str, address: str, host: str, port: int) -> None:
    """Encrypted, but on this machine."""
    parsed = parse_address(f"sites.one.{kind}", address, Path())
    scheme = scheme_of(parsed)
    assert scheme is not None
    encrypted = LOCAL not in address
    assert scheme.endpoints(parsed) == [Endpoint(host, port, encrypted=encrypted, speaks_http=True)]


def test_every_host_of_a_mongodb_address_is_tried() -> None:
    """With its port, and with the authorities that the address names."""
    address = parse_address("x", "mongodb://u:p@a.example.com,[::1]:2,localhost:3/p?tlsCAFile=/ca.pem", Path())
    assert [(each.host, each.port, each.encrypted, each.authorities) for each in mongodb_hosts(address)] == [
        ("a.example.com", 27017, True, "/ca.pem"),
        ("::1", 2, False, "/ca.pem"),
        ("localhost", 3, False, "/ca.pem"),
    ]


EVERY_COMMAND: Final = """
import importlib, pkgutil, sys
import entrypoints.cli
for found in pkgutil.iter_modules(entrypoints.cli.__path__, "entrypoints.cli."):
    importlib.import_module(found.name)
assert "entrypoints.container" in sys.modules
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_no_driver_of_a_cloud_is_imported_before_it_is_needed() -> None:
    """No command waits for one, whatever the command is: only the opening of an adapter imports its driver."""
    ran = subprocess.run([sys.executable, "-c", EVERY_COMMAND], capture_output=True, text=True, check=True)
    assert not {"boto3", "botocore", "google", "grpc", "pymongo"} & set(ran.stdout.split())
