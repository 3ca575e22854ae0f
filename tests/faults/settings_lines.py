"""Lines that a configuration names: each to a server of a cloud, everything else being on this machine."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from entrypoints.configuration_file import Settings, embedded
from tests.faults.lines import UNHARMED, paced
from tests.patience import patience
from tests.servers.aws import REGION
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_kms import cloud_kms
from tests.servers.gcp_secrets import secret_manager
from tests.servers.gcs import cloud_storage
from tests.servers.loops import Beside, beside
from tests.servers.proxy import Proxy
from tests.servers.strict_kms import strict_kms
from tests.servers.strict_secrets import strict_secrets

DEADLINE: Final = 1.5
"""Seconds that a call over a line that may be harmed may take here, instead of the many that are usual."""

_OPENERS: Final = (
    "adapters.aws.keys.open_kms",
    "adapters.aws.blobs.open_s3",
    "adapters.aws.secrets.open_secrets",
    "adapters.gcp.keys.open_kms",
    "adapters.gcp.blobs.open_gcs",
    "adapters.gcp.secrets.open_secrets",
)


class Named(NamedTuple):
    """A server, and how an address names it by an endpoint."""

    part: str
    """The part of the site that it is, as reports call it."""

    key: str
    """The key of the site that its address stands under."""

    port: int
    address: str
    """With places for a name of its own, where it can have one, for the region and for the endpoint."""


class NamedLines:
    """Every server that an address can name, and proxies before them."""

    def __init__(self, loop: Beside, servers: dict[str, Named]) -> None:
        self.servers = servers
        self._loop = loop

    @contextmanager
    def proxied(self, name: str) -> Iterator[Proxy]:
        """Put a proxy before a server."""
        proxy = Proxy(self._loop, self.servers[name].port)
        self._loop.call(proxy.start())
        try:
            yield proxy
        finally:
            self._loop.call(proxy.close())

    def settings(self, name: str, port: int, folder: Path, **others: str) -> Settings:
        """Return a site on this machine in all but that server, which is reached at that port.

        Sites in folders of different names have different secrets.
        """
        server = self.servers[name]
        endpoint = f"endpoint=http://127.0.0.1:{port}"
        address = server.address.format(own=folder.name, region=f"region={REGION}", endpoint=endpoint)
        changes = {"region": REGION, server.key: address, **others}
        environ = {f"PANORAMA_SITES__LOCAL__{key.upper()}": value for key, value in changes.items()}
        return embedded({"PANORAMA_DATA": str(folder), **environ})


@contextmanager
def named_lines(ministack: AwsServer) -> Iterator[NamedLines]:
    """Start every server, and make what the addresses name."""
    with ExitStack() as stack:
        loop = stack.enter_context(beside())
        _, aws = stack.enter_context(strict_kms())
        kms, gcs = stack.enter_context(cloud_kms()), stack.enter_context(cloud_storage())
        (_, aws_secrets), secrets = stack.enter_context(strict_secrets()), stack.enter_context(secret_manager())
        stack.enter_context(aws.credentials())
        arn, key, bucket = aws.create_key(), kms.create_key("k"), f"b-{uuid4()}"
        ministack.create_bucket(bucket)
        gcs.create_bucket(bucket)
        yield NamedLines(
            loop,
            {
                "aws-kms-strict": Named("keys 1", "keys", aws.port, f"aws-kms:{arn}?{{endpoint}}"),
                "gcp-kms-fake": Named("keys 1", "keys", _port(kms.server.endpoint), f"gcp-kms:{key}?{{endpoint}}"),
                "s3-ministack": Named("blobs 1", "blobs", ministack.port, f"s3://{bucket}?{{region}}&{{endpoint}}"),
                "gs-fake": Named("blobs 1", "blobs", _port(gcs.endpoint), f"gs://{bucket}?{{region}}&{{endpoint}}"),
                # MiniStack takes a repeated put, which AWS knows by its token, for another one.
                "aws-secrets-strict": Named(
                    "secrets", "secrets", aws_secrets.port, f"aws-secrets:{bucket}/{{own}}/?{{region}}&{{endpoint}}"
                ),
                "gcp-secrets-fake": Named(
                    "secrets",
                    "secrets",
                    _port(secrets.server.endpoint),
                    "gcp-secrets:projects/p/{own}-?{region}&{endpoint}",
                ),
            },
        )


def hasten(monkeypatch: pytest.MonkeyPatch, named: NamedLines) -> None:
    """Give every call of a cloud that goes through a proxy a short deadline, and every other a long one."""
    direct = {server.port for server in named.servers.values()}
    for name in _OPENERS:
        module, _, function = name.rpartition(".")
        opener: Any = getattr(__import__(module, fromlist=[function]), function)
        monkeypatch.setattr(name, partial(_opened, opener, direct))


async def _opened(
    opener: Callable[..., Awaitable[object]], direct: set[int], *args: object, endpoint: str, **options: object
) -> object:
    deadline = patience(UNHARMED) if _port(endpoint) in direct else paced(DEADLINE)
    return await opener(*args, endpoint=endpoint, deadline=deadline, **options)


def _port(endpoint: str) -> int:
    port = urlsplit(endpoint).port
    assert port is not None
    return port
