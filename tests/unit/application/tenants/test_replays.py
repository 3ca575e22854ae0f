"""A token that may change something once changes it once."""

from datetime import datetime, timedelta

import pytest

from application.sealing.records import Write
from application.tenants.replays import USE
from domain.ids import SYSTEM
from ports.errors import Unavailable
from ports.storage import Ref, Shipping
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import Registry, opened


def _soon(registry: Registry, seconds: float = 25) -> datetime:
    return registry.time.clock() + timedelta(seconds=seconds)


async def test_a_token_is_used_once_whatever_process_it_reaches() -> None:
    """Here and in every other process it is refused from then on; another token is another one."""
    registry = await opened()
    until = _soon(registry)
    assert await registry.replays.claim("token", until, "")
    for process in (registry, registry.neighbour()):
        assert not await process.replays.claim("token", until, "")
        assert not await process.replays.claim("token", until, "call")
    assert await registry.replays.claim("another", until, "")


async def test_a_repeat_of_the_call_goes_through() -> None:
    """Here and in every other process, and no other call does, nor one that names itself not at all."""
    registry = await opened()
    until = _soon(registry)
    for process in (registry, registry, registry.neighbour()):
        assert await process.replays.claim("token", until, "call")
        assert not await process.replays.claim("token", until, "another call")
        assert not await process.replays.claim("token", until, "")


async def test_the_record_of_a_use_is_for_timers_and_not_for_backups() -> None:
    """It is named by a digest, tells nothing of token or call, is due when the token has expired, and never shipped."""
    registry = await opened()
    until = _soon(registry)
    await registry.replays.claim("canary", until, "canary call")
    (record,) = await registry.house.storage.scan(SYSTEM, USE)
    assert record.ref == Ref(SYSTEM, USE, await registry.digests.digest(SYSTEM, USE, "canary"))
    assert (record.due, record.shipping) == (until, Shipping.NEVER)
    held = await registry.house.records.open(record, bytes)
    assert b"canary" not in held.value
    assert "canary" not in repr(record)


async def test_what_an_earlier_release_wrote_is_a_use() -> None:
    """Its records hold a nonce alone, and so are no repeat's."""
    registry = await opened()
    ref = Ref(SYSTEM, USE, await registry.digests.digest(SYSTEM, USE, "token"))
    await registry.house.records.put(Write(ref, 1, b"n" * 16, shipping=Shipping.NEVER))
    for call in ("", "call"):
        assert not await registry.replays.claim("token", _soon(registry), call)


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_a_claim_whose_outcome_is_unknown_is_no_lock(harm: Harm) -> None:
    """Whatever became of the first claim, the same call goes through afterwards, and no other one does."""
    storage = FlakyStorage(MemoryStorage())
    registry = await _opened(storage)
    await registry.replays.claim("first", _soon(registry), "")
    storage.steps.clear()
    storage.plan = (Fault(1, harm, times=20),)
    try:
        first = await registry.replays.claim("token", _soon(registry), "call")
    except (Died, Unavailable):
        first = False
    survivor = registry.neighbour(storage.inner)
    assert await survivor.replays.claim("token", _soon(registry), "call")
    assert not await survivor.replays.claim("token", _soon(registry), "another call") or not first


async def _opened(storage: FlakyStorage) -> Registry:
    house = House(storage)
    await house.vault.create(SYSTEM)
    return Registry(house)
