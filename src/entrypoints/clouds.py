"""Whose cloud something is in, as far as its address tells."""

import re
from typing import Final
from urllib.parse import urlsplit

from entrypoints.configuration import LOCAL
from entrypoints.configuration_addresses import Address

AWS: Final = "aws"
GCP: Final = "gcp"

_OF_SCHEME: Final = {"s3": AWS, "gs": GCP, "dir": LOCAL}
_HOSTS: Final = {
    AWS: re.compile(r"(.+\.)?amazonaws\.com(\.cn)?"),
    GCP: re.compile(r"(.+\.)?googleapis\.com"),
}
_AWS_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")
_GCP_REGION: Final = re.compile(r"[a-z]+-[a-z]+[0-9]|us|eu|asia|nam[0-9]+|eur[0-9]+|asia[0-9]+")


def cloud_of_store(address: Address) -> str | None:
    """Return whose a blob store is.

    Of an endpoint that is no provider's own it is what the option `cloud` states, and else its host stands for it.
    """
    endpoint = address.options.get("endpoint")
    host = urlsplit(endpoint).hostname if endpoint else None
    if host is None:
        return _OF_SCHEME.get(address.scheme)
    return cloud_of_host(host) or address.options.get("cloud", host)


def cloud_of_host(host: str) -> str | None:
    """Return whose a host is by its name; None where it is no provider's own."""
    return next((cloud for cloud, hosts in _HOSTS.items() if hosts.fullmatch(host)), None)


def cloud_of_keys(address: Address) -> str | None:
    """Return whose a key manager is."""
    return {"aws-kms": AWS, "gcp-kms": GCP, "file": LOCAL}.get(address.scheme)


def cloud_of_region(region: str) -> str | None:
    """Return whose region that is: AWS and Google name theirs differently. None for a name that neither has."""
    if region == LOCAL:
        return LOCAL
    if _AWS_REGION.fullmatch(region):
        return AWS
    return GCP if _GCP_REGION.fullmatch(region) else None


def name_of_store(address: Address) -> str:
    """Return what a blob store is called in states, reports and metrics; no secret is in it."""
    endpoint = address.options.get("endpoint")
    return f"{address.scheme}:{address.place}" + (f"?endpoint={endpoint}" if endpoint else "")
