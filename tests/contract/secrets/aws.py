"""Secrets of AWS Secrets Manager, in MiniStack and in a stricter fake."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from uuid import uuid4

import pytest

from adapters.aws.secrets import open_secrets
from tests.contract.secrets.worlds import Happening, World
from tests.patience import patience
from tests.servers.aws import REGION, Server, broken_aws
from tests.servers.proxy import losing, proxy_to
from tests.servers.strict_secrets import strict_secrets

_PRUNES: Final = "It forgets a version in the moment in which a put takes its last label; AWS lists it for a while."

GAPS: Final[Mapping[str, str]] = {
    "versions_are_listed_the_newest_first": _PRUNES,
    "older_versions_are_kept_as_declared": _PRUNES,
    "of_puts_at_once_none_is_lost": _PRUNES,
    "a_refused_identity_is_told_so": "It looks at no permission, so that nobody can be refused.",
}


@asynccontextmanager
async def in_ministack(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make two prefixes of their own."""

    async def refuse() -> None:
        """Nobody can be refused."""

    async with _in(request.getfixturevalue("ministack_server"), refuse, GAPS) as world:
        yield world


@asynccontextmanager
async def in_strict_secrets(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Likewise, in a server of their own."""
    with strict_secrets() as (secrets, server):

        async def refuse() -> None:
            secrets.refuses = True

        async with _in(server, refuse) as world:
            yield world


@asynccontextmanager
async def _in(server: Server, refuse: Happening, gaps: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    prefix = f"{uuid4()}/"
    with proxy_to(server.port) as line, server.credentials():
        opened = partial(open_secrets, region=REGION, deadline=patience(5))
        store = await opened(prefix, endpoint=server.endpoint(line.port))
        again = await opened(prefix, endpoint=server.endpoint(line.port))
        foreign = await opened(f"{prefix}foreign/", endpoint=server.endpoint())

        async def cut_off() -> None:
            line.refuse(refusing=True)

        yield World(store, again, foreign, cut_off, refuse, broken_aws, losing(line), gaps or {})
        for each in (store, again, foreign):
            await each.close()
