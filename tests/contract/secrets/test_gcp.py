"""What only Secret Manager can do to a secret store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.gcp.secrets import CloudSecretStore, open_secrets
from ports.errors import InvalidArgument, NotFound, Unavailable
from ports.secrets import State
from tests.servers.gcp_secrets import Provider, secret_manager


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Serve Secret Manager."""
    with secret_manager() as served:
        yield served


@pytest.fixture
async def store(provider: Provider) -> AsyncIterator[CloudSecretStore]:
    """Open a project whose secrets stay in one region."""
    opened = await open_secrets("p", "site_", regions=("us-east1",), endpoint=provider.server.endpoint)
    yield opened
    await opened.close()


async def test_a_disabled_version_is_withheld(provider: Provider, store: CloudSecretStore) -> None:
    """What an operator has disabled is not readable, and said to be held back; it can still be destroyed."""
    first = await store.put("a", b"1")
    await store.put("a", b"2")
    provider.disable(f"projects/p/secrets/site_a/versions/{first}")
    with pytest.raises(NotFound):
        await store.get("a", first)
    assert [version.state for version in await store.versions("a")] == [State.READABLE, State.WITHHELD]
    await store.destroy("a", first)
    assert [version.state for version in await store.versions("a")] == [State.READABLE, State.DESTROYED]


async def test_of_two_who_destroy_a_version_neither_fails(store: CloudSecretStore) -> None:
    """Whoever comes second finds it done."""
    first = await store.put("a", b"1")
    await store.put("a", b"2")
    await asyncio.gather(store.destroy("a", first), store.destroy("a", first))
    with pytest.raises(NotFound):
        await store.get("a", first)


async def test_a_damaged_answer_is_no_secret(provider: Provider, store: CloudSecretStore) -> None:
    """A value that does not fit its checksum is asked for again, and in the end not returned."""
    await store.put("a", b"1")
    provider.damage = True
    with pytest.raises(Unavailable):
        await store.get("a")


async def test_a_secret_stays_in_its_regions(provider: Provider, store: CloudSecretStore) -> None:
    """What was made by a store with regions is kept there alone; without, wherever the provider likes."""
    await store.put("a", b"1")
    replicas = provider.secrets["projects/p/secrets/site_a"].replication.user_managed.replicas
    assert [replica.location for replica in replicas] == ["us-east1"]
    anywhere = await open_secrets("p", endpoint=provider.server.endpoint)
    await anywhere.put("b", b"1")
    assert "automatic" in provider.secrets["projects/p/secrets/b"].replication
    await anywhere.close()


async def test_a_project_that_cannot_be_does_not_open() -> None:
    """A project or prefix that would lead elsewhere is refused."""
    for project, prefix in (("", ""), ("a/b", ""), ("p", "a/"), ("p", "x" * 128)):
        with pytest.raises(InvalidArgument):
            await open_secrets(project, prefix)
