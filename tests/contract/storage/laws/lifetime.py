"""What opening, `check` and `close` promise."""

from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import fill, later, ref, sample


async def what_is_stored_outlives_the_connection(harness: Harness) -> None:
    """A process that opens the store later finds every record and every tombstone as it was left."""
    record = sample("a", generation=2, due=later(1), updated=later(-1))
    await harness.store.put(record)
    await fill(harness.store, "b")
    await harness.store.delete(ref("b"), 1)
    await harness.reopen()
    assert await harness.store.get(record.ref) == record
    assert await harness.store.unshipped(10) == [record, sample("b", rev=2, body=None)]


async def a_store_that_answers_is_well(harness: Harness) -> None:
    """Checking an engine that is there raises nothing and stores nothing."""
    await harness.store.check()
    assert await harness.store.unshipped(10) == []
