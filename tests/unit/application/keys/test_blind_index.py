"""Digests find entries again, in every process and across generations, and tell nothing to anybody else."""

import hashlib
import hmac

import pytest

from application.failover.fenced import FencedStorage
from application.keys.blind_index import INDEX_KEY, IndexSecret
from application.keys.index_keys import IndexKeys
from domain.ids import SYSTEM, IssueId
from ports.errors import ReadOnly
from ports.storage import Record
from tests.fakes.flaky import WRITES, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.sources import FakeTime
from tests.unit.application.failover.scenes import scene

ISSUE = IssueId(12731)


def index_keys(house: House) -> IndexKeys:
    """Return what a rotation changes index keys with."""
    return IndexKeys(house.records, house.time.clock, house.random)


async def announce(house: House) -> None:
    """Make a further index key, as a rotation does."""
    keys = index_keys(house)
    await keys.announce(TENANT, [held.value for held in await keys.of(TENANT)], under=1)


async def test_a_digest_is_a_keyed_hash_under_a_sealed_key() -> None:
    """HMAC-SHA256 of the issue's number, under 32 random bytes that lie sealed in a record."""
    house = await furnished()
    digest = await house.index.digest(TENANT, ISSUE)
    (held,) = await house.records.scan(TENANT, INDEX_KEY, IndexSecret)
    assert (held.ref.key, held.value.number, held.value.created) == ("000001", 1, house.time.now)
    assert len(held.value.secret) == 32
    assert digest == "1." + hmac.new(held.value.secret, b"12731", hashlib.sha256).hexdigest()
    assert await house.index.digests(TENANT, ISSUE) == [digest]


async def test_every_process_has_the_same_digests() -> None:
    """The key is made once, whoever needs it first."""
    house = await furnished()
    digest = await house.index.digest(TENANT, ISSUE)
    assert await house.neighbour().index.digest(TENANT, ISSUE) == digest


async def test_of_two_first_users_one_makes_the_key() -> None:
    """The other one, which is told Conflict, uses the winner's."""
    house = await furnished()
    slow = house.neighbour(Overtaken(house))
    digest = await slow.index.digest(TENANT, ISSUE)
    assert digest == await house.index.digest(TENANT, ISSUE)
    assert len(await house.records.scan(TENANT, INDEX_KEY, IndexSecret)) == 1


async def test_a_lost_answer_makes_no_second_key() -> None:
    """The key that was made is found again."""
    house = await furnished()
    flaky = house.neighbour(FlakyStorage(house.storage, Fault(1, Harm.LOST_ANSWER, WRITES)))
    digest = await flaky.index.digest(TENANT, ISSUE)
    assert digest == await house.index.digest(TENANT, ISSUE)


async def test_where_nothing_can_be_written_there_is_no_digest_before_there_is_a_key() -> None:
    """Whoever looks an issue up must ask the trees; an entry cannot be made. Later both are there."""
    house = await furnished()
    standby = house.neighbour(FencedStorage(house.storage, scene().fence("west")))
    assert await standby.index.digests(TENANT, ISSUE) == []
    assert not await standby.index.is_whole(TENANT)
    with pytest.raises(ReadOnly):
        await standby.index.digest(TENANT, ISSUE)
    digest = await house.index.digest(TENANT, ISSUE)
    assert await standby.index.digests(TENANT, ISSUE) == [digest]
    assert await standby.index.is_whole(TENANT)


async def test_digests_differ_by_tenant_and_issue() -> None:
    """Nobody learns from two entries of two tenants that they are about the same issue number."""
    house = await furnished()
    pairs = [(tenant, IssueId(issue)) for tenant in (TENANT, SYSTEM) for issue in (1, 2, 11, 12)]
    assert len({await house.index.digest(*pair) for pair in pairs}) == len(pairs)


async def test_a_new_generation_is_looked_up_first_and_written_later() -> None:
    """Entries are made under it from when it has been put in use, whatever any clock says."""
    house = await furnished()
    old = await house.index.digest(TENANT, ISSUE)
    await announce(house)
    house.time.go_on(hours=1_000)
    digests = await house.index.digests(TENANT, ISSUE)
    assert (digests[0], [digest[:2] for digest in digests]) == (old, ["1.", "2."])
    assert await house.index.digest(TENANT, ISSUE) == old
    await index_keys(house).put_in_use(TENANT, 2)
    assert await house.index.digest(TENANT, ISSUE) == old
    house.time.go_on(seconds=301)
    assert await house.index.digest(TENANT, ISSUE) == digests[1]


async def test_keys_are_remembered_for_five_minutes() -> None:
    """Meanwhile nothing is asked, and afterwards it is."""
    house = await furnished()
    flaky = FlakyStorage(house.storage)
    neighbour = house.neighbour(flaky)
    await neighbour.index.digest(TENANT, ISSUE)
    asked = len(flaky.steps)
    house.time.go_on(seconds=299)
    await neighbour.index.digests(TENANT, ISSUE)
    assert len(flaky.steps) == asked
    house.time.go_on(seconds=1)
    await neighbour.index.digests(TENANT, ISSUE)
    assert len(flaky.steps) > asked


async def test_closing_forgets_the_keys() -> None:
    """What is needed afterwards is read again."""
    house = await furnished()
    flaky = FlakyStorage(house.storage)
    neighbour = house.neighbour(flaky)
    await neighbour.index.digest(TENANT, ISSUE)
    await neighbour.index.close()
    asked = len(flaky.steps)
    await neighbour.index.digest(TENANT, ISSUE)
    assert len(flaky.steps) > asked


def test_a_key_does_not_show_itself() -> None:
    """No log and no traceback holds the key's bytes."""
    assert "unmistakable" not in repr(IndexSecret(1, FakeTime().now, secret=b"unmistakable"))


class Overtaken(FlakyStorage):
    """Has another process make its index key just before this one stores its own."""

    def __init__(self, house: House) -> None:
        super().__init__(house.storage)
        self._house = house

    async def put(self, record: Record) -> None:
        await self._house.index.digest(TENANT, ISSUE)
        await super().put(record)
