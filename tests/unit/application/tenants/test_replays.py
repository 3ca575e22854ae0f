"""A token that may be used once is used once."""

from datetime import datetime, timedelta

import pytest

from application.tenants import replays
from application.tenants.replays import USE
from domain.ids import TenantId
from ports.storage import Ref, Shipping
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import Registry, opened


def _soon(registry: Registry, seconds: float = 25) -> datetime:
    return registry.time.clock() + timedelta(seconds=seconds)


async def test_a_token_changes_something_once_whatever_process_it_reaches() -> None:
    """A token used for a change is refused here and by every other process."""
    registry = await opened()
    tenant = await registry.install()
    other = registry.neighbour()
    assert await registry.replays.claim(tenant, "token", _soon(registry), changes=True)
    assert not await registry.replays.claim(tenant, "token", _soon(registry), changes=True)
    assert not await other.replays.claim(tenant, "token", _soon(registry), changes=True)
    assert not await registry.replays.claim(tenant, "token", _soon(registry), changes=False)


async def test_a_token_reads_once_in_each_process() -> None:
    """Reading leaves no record: each process remembers for itself, and lets it change nothing afterwards."""
    registry = await opened()
    tenant = await registry.install()
    assert isinstance(registry.house.storage, MemoryStorage)
    before = dict(registry.house.storage.records)
    assert await registry.replays.claim(tenant, "token", _soon(registry), changes=False)
    assert not await registry.replays.claim(tenant, "token", _soon(registry), changes=False)
    assert not await registry.replays.claim(tenant, "token", _soon(registry), changes=True)
    assert await registry.neighbour().replays.claim(tenant, "token", _soon(registry), changes=False)
    assert registry.house.storage.records == before


async def test_tenants_do_not_share_tokens() -> None:
    """The same id in the token of another tenant is another token."""
    registry = await opened()
    one, other = await registry.install(), await registry.install(alias="jira:b")
    assert await registry.replays.claim(one, "token", _soon(registry), changes=True)
    assert await registry.replays.claim(other, "token", _soon(registry), changes=True)


async def test_the_record_of_a_use_is_for_timers_and_not_for_backups() -> None:
    """It is named by a digest, due when the token has expired, and never shipped."""
    registry = await opened()
    tenant = await registry.install()
    until = _soon(registry)
    await registry.replays.claim(tenant, "canary", until, changes=True)
    (record,) = await registry.house.storage.scan(tenant, USE)
    assert record.ref == Ref(tenant, USE, await registry.digests.digest(tenant, USE, "canary"))
    assert (record.due, record.shipping) == (until, Shipping.NEVER)
    assert "canary" not in repr(record)


async def test_what_has_expired_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers a bounded number of tokens, and none beyond the time in which it would be accepted."""
    monkeypatch.setattr(replays, "REMEMBERED", 2)
    registry = await opened()
    tenant = TenantId("t")
    for name, seconds in (("a", 10), ("b", 20), ("c", 20)):
        assert await registry.replays.claim(tenant, name, _soon(registry, seconds), changes=False)
    assert not await registry.replays.claim(tenant, "c", _soon(registry), changes=False)
    assert await registry.replays.claim(tenant, "a", _soon(registry), changes=False)
    registry.time.go_on(seconds=30)
    assert await registry.replays.claim(tenant, "c", _soon(registry), changes=False)
    assert await registry.replays.claim(tenant, "d", registry.time.clock(), changes=False)
