"""Secrets in Secret Manager, in a server of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.gcp.secrets import open_secrets
from tests.contract.secrets.worlds import World
from tests.servers.gcp_grpc import broken_grpc
from tests.servers.gcp_secrets import secret_manager
from tests.servers.proxy import losing, proxy_to


@asynccontextmanager
async def in_secret_manager(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a project with two prefixes."""
    with secret_manager() as provider, proxy_to(provider.server.port) as line:
        endpoint = provider.server.endpoint
        store = await open_secrets("project-1", "one_", endpoint=f"http://127.0.0.1:{line.port}")
        again = await open_secrets("project-1", "one_", endpoint=endpoint)
        foreign = await open_secrets("project-1", "other_", endpoint=endpoint)

        async def cut_off() -> None:
            provider.server.stop()

        async def refuse() -> None:
            provider.refused = True

        yield World(store, again, foreign, cut_off, refuse, broken_grpc, losing(line))
        for opened in (store, again, foreign):
            await opened.close()
