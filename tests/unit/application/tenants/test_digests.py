"""Digests that stand for what must not be seen, the same in every process of a tenant and of no use elsewhere."""

import asyncio

import pytest

from application.tenants.digests import DIGEST_KEY, Digests
from ports.errors import NotFound
from ports.storage import Ref
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import opened


async def test_processes_agree_on_digests() -> None:
    """Two processes that need a tenant's first digest at once end with the same key."""
    registry = await opened()
    tenant = await registry.install()
    one, other = await asyncio.gather(
        registry.digests.digest(tenant, "user", "ann"), registry.neighbour().digests.digest(tenant, "user", "ann")
    )
    later = await registry.neighbour(seed="later").digests.digest(tenant, "user", "ann")
    assert one == other == later
    assert len(one) == 64


async def test_digests_differ_by_tenant_purpose_and_text() -> None:
    """No two of them are the same, so that none can be looked up by another one's name."""
    registry = await opened()
    tenants = [await registry.install(), await registry.install(alias="jira:b")]
    digests = {
        await registry.digests.digest(tenant, purpose, text)
        for tenant in tenants
        for purpose in ("user", "jti")
        for text in ("ann", "ben", "\ud800")
    }
    assert len(digests) == 12


async def test_a_key_erased_meanwhile_is_missed() -> None:
    """Where another process made the key and it was erased at once, nothing is digested."""
    registry = await opened()
    tenant = await registry.install()
    await registry.digests.digest(tenant, "user", "ann")
    await registry.house.storage.delete(Ref(tenant, DIGEST_KEY, "1"), 1)
    late = Digests(registry.house.records, registry.time.monotonic, registry.house.random)
    with pytest.raises(NotFound):
        await late.digest(tenant, "user", "ann")


async def test_keys_are_forgotten_at_the_end_and_never_shown() -> None:
    """What a debugger prints of the memory holds no key, and after closing the key is looked up again."""
    registry = await opened()
    tenant = await registry.install()
    await registry.digests.digest(tenant, "user", "ann")
    assert "_Secret()" in repr(registry.digests._keys._entries)  # noqa: SLF001 - to see what a debugger prints
    await registry.digests.close()
    assert isinstance(registry.house.storage, MemoryStorage)
    trips = registry.house.storage.round_trips
    await registry.digests.digest(tenant, "user", "ann")
    assert registry.house.storage.round_trips == trips + 1
