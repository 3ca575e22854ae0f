"""A key of Cloud KMS, in a server of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from adapters.gcp.keys import open_kms
from tests.contract.keys.worlds import World
from tests.servers.gcp_grpc import broken_grpc
from tests.servers.gcp_kms import cloud_kms


@asynccontextmanager
async def in_cloud_kms(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a key that the provider rotates, and another."""
    with cloud_kms() as provider:
        key = provider.create_key("k", rotation=timedelta(days=90))
        endpoint = provider.server.endpoint
        manager, again = await open_kms(key, endpoint=endpoint), await open_kms(key, endpoint=endpoint)
        foreign = await open_kms(provider.create_key("foreign"), endpoint=endpoint)
        unknown = await open_kms(f"{key}-never-made", endpoint=endpoint)

        async def rotate() -> None:
            provider.rotate(key)

        async def cut_off() -> None:
            provider.server.stop()

        async def refuse() -> None:
            provider.refused.add(key)

        async def disable() -> None:
            provider.disable(key)

        async def enable() -> None:
            provider.enable(key)

        async def destroy() -> None:
            provider.destroy(key)

        yield World(
            manager=manager,
            again=again,
            foreign=foreign,
            unknown=unknown,
            rotate=rotate,
            cut_off=cut_off,
            refuse=refuse,
            disable=disable,
            enable=enable,
            destroy=destroy,
            broken=broken_grpc,
        )
        for opened in (manager, again, foreign, unknown):
            await opened.close()
