"""What `due` promises."""

from datetime import UTC, datetime, timedelta

from ports.rows import rows_of
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import KIND, MOMENT, fill, keys_of, later, ref, sample


async def a_record_is_due_at_its_moment(harness: Harness) -> None:
    """At the very millisecond a record is due, and not one before."""
    await harness.store.put(sample("a", due=MOMENT))
    assert await harness.store.due(KIND, MOMENT - timedelta(milliseconds=1), 10) == []
    assert await harness.store.due(KIND, MOMENT, 10) == [sample("a", due=MOMENT)]


async def the_soonest_is_first(harness: Harness) -> None:
    """Due records of all tenants come in the order of their moments; before the end of time, all of them."""
    first, second, third = ref("c"), ref("b", tenant="0"), ref("a")
    await harness.store.put_many(
        [sample(third, due=later(3)), sample(first, due=later(1)), sample(second, due=later(2))]
    )
    assert [record.ref for record in await harness.store.due(KIND, later(9), 10)] == [first, second, third]
    assert [record.ref for record in await harness.store.due(KIND, later(9), 2)] == [first, second]
    end_of_time = datetime.max.replace(tzinfo=UTC)
    assert [record.ref for record in await harness.store.due(KIND, end_of_time, 10)] == [first, second, third]


async def one_kind_is_due(harness: Harness) -> None:
    """A timer sees its own kind only."""
    await harness.store.put_many([sample("a", due=MOMENT), sample(ref("b", kind="other"), due=MOMENT)])
    assert keys_of(await harness.store.due(KIND, later(9), 10)) == ["a"]


async def what_has_no_moment_is_not_due(harness: Harness) -> None:
    """A record without a moment, or whose next revision has none, is no timer's concern."""
    await fill(harness.store, "a")
    await harness.store.put(sample("b", due=MOMENT))
    await harness.store.put(sample("b", rev=2))
    assert await harness.store.due(KIND, later(9), 10) == []


async def what_is_deleted_is_not_due(harness: Harness) -> None:
    """No timer looks at a tombstone, whether it was left here or brought here with a moment of its own."""
    await harness.store.put(sample("a", due=MOMENT))
    await harness.store.delete(ref("a"), 1)
    await harness.store.apply(rows_of([sample("b", rev=4, body=None, due=MOMENT)]))
    assert await harness.store.due(KIND, later(9), 10) == []
