"""Which adapter an address is for: one entry for each kind of thing outside and each scheme."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from entrypoints import openers
from entrypoints.configuration_addresses import Address
from entrypoints.endpoints import Endpoints, mongodb_hosts, nowhere, service
from entrypoints.openers import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How addresses of one scheme are written, and what opens them."""

    what: str
    """What is there, in a few words."""

    form: str
    """An example of an address."""

    remark: str = ""
    """What else is to be told whoever has written it differently."""

    place: re.Pattern[str]
    """What must stand between the scheme and the options. The group `region`, if there is one, is the region."""

    open: Opener
    options: frozenset[str] = frozenset()
    """Which options there are."""

    free_options: bool = False
    """Whether the options are the driver's own business."""

    states_region: bool = False
    """Whether an address must say in which region it is, because the thing itself is only found there."""

    is_local: bool = False
    """Whether it is on this machine."""

    endpoints: Endpoints = nowhere
    """Whom the driver speaks to."""

    def region(self, address: Address) -> str | None:
        """Return the region that the address states, in small letters; None where it leaves that to the site."""
        found = self.place.fullmatch(address.place)
        told = found.groupdict().get("region") if found else None
        region = told or (None if self.free_options else address.options.get("region"))
        return region.lower() if region else None


_FILE: Final = re.compile(r"[^?]+")
_BUCKET: Final = re.compile(r"//[a-z0-9][a-z0-9._-]+(?:/.*)?")
_AWS_KEY: Final = re.compile(r"(?:arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/)?[0-9a-z-]+")
_GCP_KEY: Final = re.compile(r"projects/[^/]+/locations/(?P<region>[^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
_AWS_SECRETS: Final = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_GCP_SECRETS: Final = re.compile(r"projects/[^/]+/[^/]*")
_MONGODB: Final = re.compile(r"//(?:[^/]*\.(?P<region>[a-z0-9-]+)\.docdb\.amazonaws\.com(?::[0-9]+)?|[^/]+)/[^/]+")
_SERVICE_OPTIONS: Final = frozenset({"region", "endpoint"})

STORAGE: Final[Mapping[str, Scheme]] = {
    "sqlite": Scheme(
        what="an SQLite file of this machine",
        form="sqlite:storage.db",
        place=_FILE,
        open=openers.sqlite,
        is_local=True,
    ),
    "mongodb": Scheme(
        what="a MongoDB database",
        form="mongodb://db.example.com/panorama",
        place=_MONGODB,
        open=openers.mongodb,
        free_options=True,
        endpoints=mongodb_hosts,
    ),
    "mongodb+srv": Scheme(
        what="a MongoDB database whose hosts the DNS lists",
        form="mongodb+srv://cluster.example.mongodb.net/panorama",
        place=_MONGODB,
        open=openers.mongodb,
        free_options=True,
    ),
}
KEYS: Final[Mapping[str, Scheme]] = {
    "file": Scheme(
        what="a keyring file of this machine",
        form="file:keyring",
        place=_FILE,
        open=openers.keyring,
        is_local=True,
    ),
    "aws-kms": Scheme(
        what="a key of AWS KMS",
        form="aws-kms:1234abcd-12ab-34cd-56ef-1234567890ab?region=us-east-1",
        remark="by the key's id or ARN: where an alias leads may change",
        place=_AWS_KEY,
        open=openers.aws_kms,
        options=_SERVICE_OPTIONS,
        states_region=True,
        endpoints=service("kms.{region}.amazonaws.com"),
    ),
    "gcp-kms": Scheme(
        what="a key of Cloud KMS",
        form="gcp-kms:projects/example/locations/us-central1/keyRings/panorama/cryptoKeys/panorama",
        place=_GCP_KEY,
        open=openers.gcp_kms,
        options=frozenset({"endpoint"}),
        states_region=True,
        endpoints=service("cloudkms.googleapis.com", grpc=True),
    ),
}
BLOBS: Final[Mapping[str, Scheme]] = {
    "dir": Scheme(
        what="a directory of this machine",
        form="dir:blobs",
        place=_FILE,
        open=openers.directory,
        is_local=True,
    ),
    "s3": Scheme(
        what="a bucket of S3",
        form="s3://bucket/prefix?region=us-east-1",
        place=_BUCKET,
        open=openers.s3,
        options=_SERVICE_OPTIONS | {"cloud", "key"},
        states_region=True,
        endpoints=service("s3.{region}.amazonaws.com"),
    ),
    "gs": Scheme(
        what="a bucket of Cloud Storage",
        form="gs://bucket/prefix?region=us",
        place=_BUCKET,
        open=openers.gs,
        options=_SERVICE_OPTIONS | {"cloud"},
        states_region=True,
        endpoints=service("storage.googleapis.com"),
    ),
}
SECRETS: Final[Mapping[str, Scheme]] = {
    "file": Scheme(
        what="a sealed file of this machine",
        form="file:secrets?keyring=keyring",
        place=_FILE,
        open=openers.sealed_file,
        options=frozenset({"keyring"}),
        is_local=True,
    ),
    "aws-secrets": Scheme(
        what="secrets of AWS Secrets Manager",
        form="aws-secrets:panorama/?region=us-east-1",
        place=_AWS_SECRETS,
        open=openers.aws_secrets,
        options=_SERVICE_OPTIONS,
        states_region=True,
        endpoints=service("secretsmanager.{region}.amazonaws.com"),
    ),
    "gcp-secrets": Scheme(
        what="secrets of Secret Manager",
        form="gcp-secrets:projects/example/panorama-?region=us-central1",
        place=_GCP_SECRETS,
        open=openers.gcp_secrets,
        options=_SERVICE_OPTIONS,
        states_region=True,
        endpoints=service("secretmanager.googleapis.com", grpc=True),
    ),
}
SCHEMES: Final[Mapping[str, Mapping[str, Scheme]]] = {
    "storage": STORAGE,
    "vault": STORAGE,
    "keys": KEYS,
    "blobs": BLOBS,
    "secrets": SECRETS,
    "stores": BLOBS,
}
"""By the last part of the key that the addresses stand under."""


_SEVERAL: Final = {"keys": "keys", "blobs": "blobs", "stores": "control"}
"""What those are called of which there may be several."""


def kind_of(address: Address) -> str:
    """Return the key that the address stands under, without its table: storage, vault, keys and so on."""
    return address.key.rpartition(".")[2]


def scheme_of(address: Address) -> Scheme | None:
    """Return how addresses of that scheme are opened under that key; None where there is no adapter."""
    return SCHEMES[kind_of(address)].get(address.scheme)


def named(addresses: tuple[Address, ...]) -> dict[str, Address]:
    """Give each part a name: the key that it stands under, with a number where there may be several."""
    names: dict[str, Address] = {}
    for address in addresses:
        kind = kind_of(address)
        number = sum(kind_of(other) == kind for other in names.values()) + 1
        names[f"{_SEVERAL[kind]} {number}" if kind in _SEVERAL else kind] = address
    return names
