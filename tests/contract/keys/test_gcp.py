"""What only Cloud KMS can do to a key manager."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.gcp.keys import CloudKeyManager, open_kms
from ports.errors import Corrupt, InvalidArgument, NotFound, Unavailable
from ports.keys import Capability
from tests.contract.keys.laws import CONTEXT, PLAIN
from tests.servers.gcp_kms import Provider, cloud_kms


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Serve Cloud KMS."""
    with cloud_kms() as served:
        yield served


@pytest.fixture
async def manager(provider: Provider) -> AsyncIterator[CloudKeyManager]:
    """Open a key that is never rotated."""
    opened = await open_kms(provider.create_key("k"), endpoint=provider.server.endpoint)
    yield opened
    await opened.close()


async def test_a_disabled_key_is_not_found(provider: Provider, manager: CloudKeyManager) -> None:
    """A key whose versions are all disabled neither wraps nor opens, and no wrap is called corrupt for that."""
    wrap = await manager.wrap(PLAIN, CONTEXT)
    provider.disable(manager.name.removeprefix("gcp-kms:"))
    for call in (manager.wrap(PLAIN, CONTEXT), manager.unwrap(wrap, CONTEXT), manager.describe()):
        with pytest.raises(NotFound):
            await call


async def test_an_unknown_key_is_not_found(provider: Provider) -> None:
    """A key that was never made is told at the first call; opening it asks nobody."""
    manager = await open_kms("projects/p/locations/l/keyRings/r/cryptoKeys/none", endpoint=provider.server.endpoint)
    for call in (manager.wrap(PLAIN, CONTEXT), manager.unwrap(b"wrap", CONTEXT), manager.describe()):
        with pytest.raises(NotFound):
            await call
    await manager.close()


async def test_a_damaged_answer_is_no_corrupt_wrap(provider: Provider, manager: CloudKeyManager) -> None:
    """An answer that does not fit its checksum is asked for again, and never taken for a damaged wrap."""
    wrap = await manager.wrap(PLAIN, CONTEXT)
    provider.damage = True
    for call in (manager.wrap(PLAIN, CONTEXT), manager.unwrap(wrap, CONTEXT)):
        with pytest.raises(Unavailable):
            await call
    provider.damage = False
    assert await manager.unwrap(wrap, CONTEXT) == PLAIN


async def test_the_primary_version_is_told(provider: Provider) -> None:
    """The newest version is told by its resource name, with its age and the schedule."""
    key = provider.create_key("scheduled", rotation=timedelta(days=60))
    manager = await open_kms(key, endpoint=provider.server.endpoint)
    assert Capability.ROTATES_BY_ITSELF not in manager.capabilities
    provider.rotate(key)
    state = await manager.describe()
    assert state.primary == f"{key}/cryptoKeyVersions/2"
    assert (state.created, state.rotation) == (datetime(2026, 1, 2, tzinfo=UTC), timedelta(days=60))
    assert Capability.ROTATES_BY_ITSELF in manager.capabilities
    await manager.close()


async def test_only_the_whole_name_of_a_key_opens() -> None:
    """A short name, or one version of a key, is refused."""
    for key in ("k", "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"):
        with pytest.raises(InvalidArgument):
            await open_kms(key)


async def test_nothing_is_sent_in_clear_to_another_machine() -> None:
    """An endpoint without TLS is one of this machine."""
    with pytest.raises(InvalidArgument):
        await open_kms("projects/p/locations/l/keyRings/r/cryptoKeys/k", endpoint="http://kms.example.com")


async def test_a_wrap_that_a_stranger_made_up_is_corrupt(manager: CloudKeyManager) -> None:
    """Bytes that were never a wrap are refused by the provider, and called corrupt."""
    with pytest.raises(Corrupt):
        await manager.unwrap(bytes(200), CONTEXT)
