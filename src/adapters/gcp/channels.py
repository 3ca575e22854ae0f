"""gRPC channels to Google Cloud, or to a server on this machine that stands for it."""

import asyncio
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import google.auth
import grpc.aio
from google.auth.aws import Credentials as FromAws
from google.auth.credentials import Credentials, with_scopes_if_required

from adapters.gcp.errors import mapped
from ports.errors import InvalidArgument

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)

_OPTIONS: Final = (
    # Unless told otherwise a channel that was cut waits up to two minutes before it connects again.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # For how long a connection may take to come about, whatever it is called.
    ("grpc.min_reconnect_backoff_ms", 3_000),
    # A connection that has silently died is found out while a call is still in time to be made on another one. The last
    # of these is what gRPC goes by in the end; unless told otherwise it waits for a minute.
    ("grpc.keepalive_time_ms", 3_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Transport(Protocol):
    """The part of a client library's transport that makes channels."""

    @classmethod
    def create_channel(cls, host: str, credentials: Any, *, options: Any) -> grpc.aio.Channel:
        """Return a channel with TLS and these credentials."""


def plain_address(endpoint: str | None) -> str | None:
    """Return host and port of an `http:` endpoint, None for any other; raises InvalidArgument unless it is loopback."""
    parts = urlsplit(endpoint or "")
    if parts.scheme != "http":
        return None
    if parts.hostname not in _LOOPBACK:
        raise InvalidArgument("an endpoint of another machine begins with https:")
    return parts.netloc


def own_credentials() -> Credentials:
    """Return the credentials of this process. Blocks: on a machine of Google Cloud that machine tells who it is.

    Without scopes, because with them the library would ask Google for the project of federated credentials.
    """
    found = google.auth.default()[0]
    if isinstance(found, FromAws):
        from adapters.gcp.on_aws import with_own_credentials

        found = with_own_credentials(found)
    credentials: Credentials = with_scopes_if_required(found, SCOPES)
    return credentials


async def opened_channel(transport: type[Transport], host: str, endpoint: str | None) -> grpc.aio.Channel:
    """Return a channel to `host` of Google Cloud, with the credentials of this process, or to the endpoint instead.

    Asks Google nothing. Raises PermissionDenied where there are no credentials, InvalidArgument for an `http:` endpoint
    of another machine.
    """
    if (address := plain_address(endpoint)) is not None:
        return grpc.aio.insecure_channel(address, options=_OPTIONS)
    with mapped():
        credentials = await asyncio.to_thread(own_credentials)
        target = urlsplit(endpoint).netloc if endpoint else host
        return transport.create_channel(target, credentials, options=_OPTIONS)
