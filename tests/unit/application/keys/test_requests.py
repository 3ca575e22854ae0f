"""Whoever asks for a rotation is remembered, with the reason, and what they asked for happens whatever fails."""

import pytest

from application.keys.requests import REASON_LIMIT, REQUEST, RotationRequests
from application.maintenance.jobs import Turn
from domain.errors import LimitExceeded
from domain.ids import SYSTEM, TenantId
from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.storage import MemoryStorage

REASON = "a laptop was stolen"


def turn(house: House, may_go_on: int = 10**9) -> Turn:
    """A turn that lasts for so many questions."""
    asked = iter(range(may_go_on))
    return Turn(house.time.monotonic, 60, may_go_on=lambda: next(asked, None) is not None)


async def asked(house: House, tenant: TenantId = TENANT) -> list[bool]:
    """Whether each generation of a tenant is to be replaced."""
    return [generation.asked is not None for generation in await house.vault.generations.of(tenant)]


async def test_a_request_is_filed_sealed_and_carried_out() -> None:
    """Who asked, when and why stays; nothing of it is in clear."""
    house = await furnished()
    assert await house.keys.requests.file("ann", REASON, [TENANT, SYSTEM, TenantId("nobody")], suspected=True) == 2
    (record,) = await house.storage.scan(SYSTEM, REQUEST)
    assert b"stolen" not in (record.body or b"")
    assert await house.keys.requests.carry_out(turn(house)) == 1
    assert await house.keys.requests.carry_out(turn(house)) == 0
    (request,) = await house.keys.requests.everything()
    assert (request.by, request.reason, request.suspected) == ("ann", REASON, True)
    assert (request.at, request.carried_out) == (house.time.now, house.time.now)
    assert request.generations == {TENANT: 1, SYSTEM: 1}
    assert await asked(house) == await asked(house, SYSTEM) == [True]
    (generation,) = await house.vault.generations.of(TENANT)
    assert generation.suspected


async def test_a_key_that_was_made_after_the_request_is_none_of_its_business() -> None:
    """A request that is carried out late marks what it was about, and not the key that took its place."""
    house = await furnished()
    await house.keys.requests.file("ann", REASON, [TENANT], suspected=False)
    await house.keys.lifecycle.renew(TENANT, await house.vault.generations.of(TENANT))
    await house.keys.requests.carry_out(turn(house))
    assert await asked(house) == [True, False]


async def test_a_request_about_many_is_filed_in_several_records() -> None:
    """None of them is too large."""
    house = await furnished()
    tenants = [TenantId(f"{number:024x}") for number in range(5)]
    for tenant in tenants:
        await house.vault.create(tenant)
    requests = RotationRequests(house.records, house.keys.lifecycle, house.time.clock, house.random, most=2)
    assert await requests.file("ann", REASON, tenants, suspected=False) == 5
    assert await house.keys.requests.carry_out(turn(house)) == 3
    assert [await asked(house, tenant) for tenant in tenants] == [[True]] * 5


async def test_a_request_that_was_cut_short_is_carried_out_later() -> None:
    """By whichever process comes next, and whatever its clock says."""
    house = await furnished()
    await house.keys.requests.file("ann", REASON, [TENANT, SYSTEM], suspected=False)
    assert await house.keys.requests.carry_out(turn(house, 1)) == 0
    assert (await asked(house), await asked(house, SYSTEM)) == ([True], [False])
    house.time.step(hours=-1_000)
    assert await house.neighbour().keys.requests.carry_out(turn(house)) == 1
    assert await asked(house, SYSTEM) == [True]


async def test_a_request_that_is_not_closed_is_carried_out_again_and_changes_nothing() -> None:
    """Another process may have been faster, or the keys may have been sealed anew; neither is a failure."""

    class Raced(FlakyStorage):
        async def put(self, record: Record) -> None:
            if record.rev > 1:
                raise Conflict(record.ref)
            await super().put(record)

    house = await furnished(Raced(MemoryStorage()))
    await house.keys.requests.file("ann", REASON, [TENANT], suspected=False)
    assert await house.keys.requests.carry_out(turn(house)) == 1
    before = await house.vault.generations.of(TENANT)
    house.time.go_on(hours=1)
    assert await house.keys.requests.carry_out(turn(house)) == 1
    assert await house.vault.generations.of(TENANT) == before


async def test_a_reason_has_a_limit() -> None:
    """It is refused before anything is kept."""
    house = await furnished()
    with pytest.raises(LimitExceeded):
        await house.keys.requests.file("ann", "x" * (REASON_LIMIT + 1), [TENANT], suspected=False)
    assert await house.keys.requests.everything() == []
