"""Whose cloud something is in follows from its address."""

from pathlib import Path

import pytest

from entrypoints.clouds import cloud_of_region, cloud_of_store, name_of_store
from entrypoints.configuration_addresses import Address, parse_address


def address(text: str) -> Address:
    """Return an address as the configuration has it."""
    return parse_address("sites.aws.blobs", text, Path())


@pytest.mark.parametrize(
    ("text", "cloud", "name"),
    [
        ("dir:blobs", "local", "dir:blobs"),
        ("s3://bucket/prefix?region=us-east-1&key=alias/a", "aws", "s3://bucket/prefix"),
        ("gs://bucket?region=us", "gcp", "gs://bucket"),
        (
            "s3://b?region=us-east-1&endpoint=https://s3.us-east-1.amazonaws.com",
            "aws",
            "s3://b?endpoint=https://s3.us-east-1.amazonaws.com",
        ),
        (
            "s3://b?region=us&endpoint=https://ceph.example.com",
            "ceph.example.com",
            "s3://b?endpoint=https://ceph.example.com",
        ),
        (
            "s3://b?region=us&endpoint=https://s3.example.com&cloud=aws",
            "aws",
            "s3://b?endpoint=https://s3.example.com",
        ),
        (
            "gs://b?region=us&endpoint=https://storage.us.rep.googleapis.com",
            "gcp",
            "gs://b?endpoint=https://storage.us.rep.googleapis.com",
        ),
        (
            "s3://b?region=auto&endpoint=https://storage.googleapis.com",
            "gcp",
            "s3://b?endpoint=https://storage.googleapis.com",
        ),
        ("gs://b?region=us&endpoint=http://127.0.0.1:1", "127.0.0.1", "gs://b?endpoint=http://127.0.0.1:1"),
        ("memory:blobs", None, "memory:blobs"),
    ],
)
def test_a_store_is_of_a_cloud(text: str, cloud: str | None, name: str) -> None:
    """Of whoever its endpoint belongs to; what it is called holds no option but that."""
    assert cloud_of_store(address(text)) == cloud
    assert name_of_store(address(text)) == name


@pytest.mark.parametrize(
    ("region", "cloud"),
    [
        ("local", "local"),
        *((region, "aws") for region in ("us-east-1", "us-gov-west-1", "ap-southeast-2", "eu-central-1")),
        *((region, "gcp") for region in ("us-central1", "northamerica-northeast1", "us", "nam4", "eur4", "asia1")),
        *((region, None) for region in ("somewhere", "us-east", "")),
    ],
)
def test_a_site_is_in_a_cloud(region: str, cloud: str | None) -> None:
    """Each provider names its regions in its own way; of any other name nobody knows."""
    assert cloud_of_region(region) == cloud
