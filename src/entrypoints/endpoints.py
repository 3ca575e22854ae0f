"""Whom a driver speaks to for an address."""

from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from entrypoints.configuration_addresses import Address
from entrypoints.loopback import is_loopback

_HTTPS: Final = 443
_HTTP: Final = 80
_MONGODB: Final = 27017


class Endpoint(msgspec.Struct, frozen=True):
    """A host and a port, and how they are spoken to."""

    host: str
    port: int
    encrypted: bool
    speaks_http: bool
    authorities: str | None = None
    """A file of certificate authorities that are trusted besides the system's."""


Endpoints: TypeAlias = Callable[[Address], list[Endpoint]]


def nowhere(_: Address) -> list[Endpoint]:
    """Return nobody: it is on this machine, or only the driver knows."""
    return []


def service(host: str, *, grpc: bool = False) -> Endpoints:
    """Return whom a provider's service is reached by: the endpoint of the address's options, else `host`.

    In `host`, `{region}` stands for the region that the address states. Google's own hosts answer to plain HTTP
    besides gRPC; others need not.
    """

    def endpoints(address: Address) -> list[Endpoint]:
        stated = address.options.get("endpoint")
        if stated is None:
            arn = address.place.split(":")
            region = arn[3] if arn[0] == "arn" else address.options.get("region", "")
            return [Endpoint(host.format(region=region), _HTTPS, encrypted=True, speaks_http=True)]
        parts = urlsplit(stated)
        encrypted = parts.scheme == "https"
        port = parts.port or (_HTTPS if encrypted else _HTTP)
        return [Endpoint(parts.hostname or "", port, encrypted=encrypted, speaks_http=not grpc)]

    return endpoints


def mongodb_hosts(address: Address) -> list[Endpoint]:
    """Return the hosts that a `mongodb:` URI lists."""
    listed = urlsplit(address.url).netloc.rpartition("@")[2]
    options = {name.lower(): value for name, value in address.options.items()}
    found = []
    for each in listed.split(","):
        parts = urlsplit(f"//{each}")
        host = parts.hostname or ""
        encrypted = options.get("tls", options.get("ssl")) == "true" or not is_loopback(host)
        authorities = options.get("tlscafile")
        found.append(Endpoint(host, parts.port or _MONGODB, encrypted, speaks_http=False, authorities=authorities))
    return found
