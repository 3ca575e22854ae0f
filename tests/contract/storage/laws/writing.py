"""What `get`, `put` and `put_many` promise."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ports.errors import Conflict
from ports.storage import Shipping
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import MOMENT, fill, later, ref, sample


async def what_is_put_is_got(harness: Harness) -> None:
    """Every column comes back as it went in, and the body byte for byte."""
    record = sample(
        "a", body=bytes(range(256)) + b"\0", generation=7, due=later(60), shipping=Shipping.DONE, updated=later(1)
    )
    await harness.store.put(record)
    assert await harness.store.get(record.ref) == record


async def nothing_is_got_where_nothing_is(harness: Harness) -> None:
    """An unknown reference is no error."""
    assert await harness.store.get(ref("a")) is None


async def a_stub_is_something(harness: Harness) -> None:
    """A record with an empty body is there, and is not taken for a missing one."""
    stub = sample("a", body=b"")
    await harness.store.put(stub)
    assert await harness.store.get(stub.ref) == stub


async def times_are_cut_to_milliseconds(harness: Harness) -> None:
    """What is finer than a millisecond is cut off, towards the past, before 1970 and at the end of time too."""
    for key, fine in (
        ("after", datetime(2026, 1, 1, 0, 0, 0, 999_999, UTC)),
        ("before", datetime(1969, 12, 31, 23, 59, 59, 1_999, UTC)),
        ("end", datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
    ):
        coarse = fine.replace(microsecond=fine.microsecond // 1000 * 1000)
        await harness.store.put(sample(key, updated=fine, due=fine))
        assert await harness.store.get(ref(key)) == sample(key, updated=coarse, due=coarse)


async def times_are_utc(harness: Harness) -> None:
    """A time of another zone comes back as the same moment in UTC."""
    there = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    await harness.store.put(sample("a", updated=there))
    stored = await harness.store.get(ref("a"))
    assert stored is not None
    assert (stored.updated, stored.updated.utcoffset()) == (MOMENT, timedelta(0))


async def a_reference_is_three_parts(harness: Harness) -> None:
    """References that look alike once they are joined are different places."""
    places = [ref("b/c", kind="a"), ref("c", kind="a/b"), ref("c", tenant="5f0c/a", kind="b")]
    await fill(harness.store, *places)
    for place in places:
        await harness.store.put(sample(place, rev=2))


async def a_first_revision_needs_a_free_place(harness: Harness) -> None:
    """Creating what is there already is a Conflict and changes nothing."""
    await harness.store.put(sample("a", body=b"first"))
    with pytest.raises(Conflict):
        await harness.store.put(sample("a", body=b"second"))
    assert await harness.store.get(ref("a")) == sample("a", body=b"first")


async def a_stub_takes_its_place(harness: Harness) -> None:
    """Creating over a stub is a Conflict: a version is never free again."""
    await harness.store.put(sample("a", body=b""))
    with pytest.raises(Conflict):
        await harness.store.put(sample("a"))


async def a_revision_follows_the_one_before(harness: Harness) -> None:
    """A revision replaces exactly its predecessor; leaving one out is a Conflict and changes nothing."""
    await harness.store.put(sample("a"))
    await harness.store.put(sample("a", rev=2))
    with pytest.raises(Conflict):
        await harness.store.put(sample("a", rev=4))
    assert await harness.store.get(ref("a")) == sample("a", rev=2)


async def a_revision_is_taken_once(harness: Harness) -> None:
    """Putting the revision that is stored already is a Conflict, even with the same body."""
    await harness.store.put(sample("a"))
    await harness.store.put(sample("a", rev=2))
    with pytest.raises(Conflict):
        await harness.store.put(sample("a", rev=2))


async def a_later_revision_needs_an_earlier(harness: Harness) -> None:
    """A second revision of nothing is a Conflict and stores nothing."""
    with pytest.raises(Conflict):
        await harness.store.put(sample("a", rev=2))
    assert await harness.store.get(ref("a")) is None


async def of_many_writers_one_wins(harness: Harness) -> None:
    """Of writers that put the same revision at once, one is told that it did, and what it wrote is there."""
    await harness.store.put(sample("a"))
    rivals = [sample("a", rev=2, body=b"%d" % rival) for rival in range(8)]
    outcomes = await asyncio.gather(*(harness.store.put(rival) for rival in rivals), return_exceptions=True)
    winners = [rival for rival, outcome in zip(rivals, outcomes, strict=True) if outcome is None]
    assert len(winners) == 1
    assert await harness.store.get(ref("a")) == winners[0]


async def of_a_hundred_increments_none_is_lost(harness: Harness) -> None:
    """A hundred who each add one to the same number, again until it is taken, have added a hundred."""
    await harness.store.put(sample("a"))
    await harness.store.put(sample("a", 2, b"0"))

    async def increment(who: int) -> None:
        while True:
            stored = await harness.store.get(ref("a"))
            assert stored is not None
            more = b"%d" % (int(stored.body or b"") + 1)
            try:
                return await harness.store.put(sample("a", stored.rev + 1, more, updated=later(who)))
            except Conflict:
                continue

    await asyncio.gather(*(increment(who) for who in range(100)))
    stored = await harness.store.get(ref("a"))
    assert stored is not None
    assert (stored.rev, stored.body) == (102, b"100")


async def tenants_share_no_record(harness: Harness) -> None:
    """The same kind and key under two tenants are two records: nothing that is done to one is seen at the other."""
    mine, other = ref("a"), ref("a", tenant="other")
    await harness.store.put_many([sample(mine, body=b"mine", generation=1), sample(other, body=b"other", due=MOMENT)])
    await harness.store.put(sample(mine, 2, b"newer", generation=1))
    await harness.store.mark_shipped([(mine, 2)])
    assert await harness.store.get(other) == sample(other, body=b"other", due=MOMENT)
    await harness.store.delete(other, 1)
    stored = await harness.store.get(mine)
    assert stored is not None
    assert (stored.rev, stored.body) == (2, b"newer")
    assert [record.ref for record in await harness.store.unshipped(10)] == [other]


async def a_conflict_names_its_reference(harness: Harness) -> None:
    """Whoever sent a batch can tell which of its records did not fit."""
    await harness.store.put(sample("b"))
    with pytest.raises(Conflict) as refused:
        await harness.store.put_many([sample("a"), sample("b"), sample("c")])
    assert refused.value.about == ref("b")


async def a_batch_is_stored_in_order(harness: Harness) -> None:
    """A batch may hold several revisions of one record."""
    await harness.store.put_many([sample("a"), sample("b"), sample("a", rev=2), sample("a", rev=3)])
    assert await harness.store.get(ref("a")) == sample("a", rev=3)
    assert await harness.store.get(ref("b")) == sample("b")


async def a_batch_keeps_what_precedes_a_conflict(harness: Harness) -> None:
    """The records before the first that does not fit are stored."""
    await harness.store.put(sample("b"))
    with pytest.raises(Conflict):
        await harness.store.put_many([sample("a"), sample("b")])
    assert await harness.store.get(ref("a")) == sample("a")


async def a_batch_ends_at_a_conflict(harness: Harness) -> None:
    """The records after the first that does not fit are not tried."""
    await harness.store.put(sample("a"))
    with pytest.raises(Conflict):
        await harness.store.put_many([sample("a"), sample("b")])
    assert await harness.store.get(ref("b")) is None


async def an_empty_batch_is_nothing(harness: Harness) -> None:
    """There may be nothing to do."""
    await harness.store.put_many([])
    assert await harness.store.unshipped(1) == []
