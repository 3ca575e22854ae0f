"""Users are known by an id that tells nothing of their account."""

import asyncio

import msgspec
import pytest

from application.users import USER
from domain.errors import TooContended
from domain.ids import SYSTEM, UserId
from domain.users import User
from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage
from tests.unit.application.tenants.scenes import Registry, opened

ACCOUNT = "712020:canary-account"


async def test_an_account_has_one_id_in_every_process() -> None:
    """Processes that see an account for the first time, at once, agree on its id, and its record is there."""
    registry = await opened()
    tenant = await registry.install()
    other = registry.neighbour()
    await registry.users.internal_id(tenant, "somebody else")
    one, two = await asyncio.gather(
        registry.users.internal_id(tenant, ACCOUNT), other.users.internal_id(tenant, ACCOUNT)
    )
    assert one == two
    assert await registry.users.find(tenant, one) == User(one, ACCOUNT, registry.time.now)


async def test_ids_differ_by_account_and_tenant() -> None:
    """Two accounts of a tenant, and one account at two tenants, have nothing in common."""
    registry = await opened()
    tenants = [await registry.install(), await registry.install(alias="jira:b")]
    ids = {await registry.users.internal_id(tenant, account) for tenant in tenants for account in ("ann", "ben")}
    assert len(ids) == 4
    assert all(len(user) == 24 and int(user, 16) >= 0 for user in ids)


async def test_the_account_is_in_no_key_and_no_body() -> None:
    """Everything stored of a user is a digest and a sealed body."""
    registry = await opened()
    tenant = await registry.install()
    user = await registry.users.internal_id(tenant, ACCOUNT)
    (record,) = await registry.house.storage.scan(tenant, USER)
    assert record.ref.key == user
    assert isinstance(registry.house.storage, MemoryStorage)
    assert ACCOUNT not in repr(registry.house.storage.records)


async def test_a_known_user_costs_no_question() -> None:
    """An account that was seen before is not looked up again, until the process forgets it."""
    registry = await opened()
    tenant = await registry.install()
    user = await registry.users.internal_id(tenant, ACCOUNT)
    assert isinstance(registry.house.storage, MemoryStorage)
    trips = registry.house.storage.round_trips
    assert await registry.users.internal_id(tenant, ACCOUNT) == user
    assert registry.house.storage.round_trips == trips
    await registry.users.close()
    assert await registry.users.internal_id(tenant, ACCOUNT) == user


async def test_nobody_is_found_under_a_foreign_id() -> None:
    """An id leads to nobody at another tenant."""
    registry = await opened()
    one, other = await registry.install(), await registry.install(alias="jira:b")
    user = await registry.users.internal_id(one, ACCOUNT)
    assert await registry.users.find(other, user) is None


@pytest.mark.parametrize("harm", [Harm.LOST_REQUEST, Harm.LOST_ANSWER])
@pytest.mark.parametrize("call", range(1, 6))
async def test_a_lost_answer_doubles_nobody(call: int, harm: Harm) -> None:
    """Whichever call goes wrong, trying again leads to the same id and to one record."""
    registry = await opened()
    tenant = await registry.install()
    struck = Registry(registry.house.neighbour(FlakyStorage(registry.house.storage, Fault(call, harm)), seed="struck"))
    first = await asyncio.gather(struck.users.internal_id(tenant, ACCOUNT), return_exceptions=True)
    second = await struck.users.internal_id(tenant, ACCOUNT)
    assert first[0] == second or isinstance(first[0], Exception)
    assert len(await registry.house.storage.scan(tenant, USER)) == 1


async def test_a_departed_user_has_no_account() -> None:
    """The account is in no record; the id leads to somebody who is gone."""
    registry = await opened()
    tenant = await registry.install()
    user = await registry.users.internal_id(tenant, ACCOUNT)
    seen_at = registry.time.now
    await registry.users.depart(tenant, user)
    assert await registry.users.find(tenant, user) == User(user, None, seen_at)
    (record,) = await registry.house.storage.scan(tenant, USER)
    assert ACCOUNT.encode() not in bytes((await registry.house.records.open(record, msgspec.Raw)).value)


async def test_a_departed_user_who_signs_in_is_known_again() -> None:
    """Under the same id, so that old edits are theirs again; the process that erased the account asks anew at once."""
    registry = await opened()
    tenant = await registry.install()
    user = await registry.users.internal_id(tenant, ACCOUNT)
    await registry.users.depart(tenant, user)
    registry.time.go_on(seconds=1)
    assert await registry.users.internal_id(tenant, ACCOUNT) == user
    assert await registry.users.find(tenant, user) == User(user, ACCOUNT, registry.time.now)


async def test_other_processes_forget_a_departed_user_within_the_hour() -> None:
    """What another process believes for an hour makes no record of the account until then."""
    registry = await opened()
    tenant = await registry.install()
    other = registry.neighbour()
    user = await other.users.internal_id(tenant, ACCOUNT)
    await registry.users.depart(tenant, user)
    assert await other.users.internal_id(tenant, ACCOUNT) == user
    found = await registry.users.find(tenant, user)
    assert found is not None
    assert found.account is None
    registry.time.go_on(hours=1)
    assert await other.users.internal_id(tenant, ACCOUNT) == user
    assert await registry.users.find(tenant, user) == User(user, ACCOUNT, registry.time.now)


async def test_nobody_cannot_depart() -> None:
    """To erase or to refresh somebody who never was makes no record."""
    registry = await opened()
    tenant = await registry.install()
    await registry.users.depart(tenant, UserId("0" * 24))
    await registry.users.refresh(tenant, UserId("0" * 24))
    assert await registry.house.storage.scan(tenant, USER) == []


async def test_a_refresh_notes_the_time() -> None:
    """What is kept is as before, as of now."""
    registry = await opened()
    tenant = await registry.install()
    user = await registry.users.internal_id(tenant, ACCOUNT)
    registry.time.go_on(hours=5)
    await registry.users.refresh(tenant, user)
    assert await registry.users.find(tenant, user) == User(user, ACCOUNT, registry.time.now)


class Contended(MemoryStorage):
    """Somebody else is always faster."""

    async def put(self, record: Record) -> None:
        """Store what is no user."""
        if record.ref.kind == USER:
            raise Conflict(record.ref)
        await super().put(record)


async def test_an_endless_race_is_given_up() -> None:
    """Whoever loses every time is told so."""
    registry = Registry(House(Contended()))
    await registry.house.vault.create(SYSTEM)
    tenant = await registry.install()
    with pytest.raises(TooContended):
        await registry.users.internal_id(tenant, ACCOUNT)
