"""What opening, `check` and `close` promise."""

from ports.rows import rows_of
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import fill, later, ref, sample
from tests.drivers import check_each_is_unavailable


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


async def whatever_a_driver_raises_is_an_outage(harness: Harness) -> None:
    """What nobody expects of a driver passes no port: it is Unavailable, caused by that, and afterwards all is well."""
    store, kept, new = harness.store, sample("a"), sample("b")
    await store.put(kept)
    with harness.broken():
        await check_each_is_unavailable(
            (
                lambda: store.get(kept.ref),
                lambda: store.put(new),
                lambda: store.put_many([new]),
                lambda: store.delete(kept.ref, 1),
                lambda: store.mark_shipped([(kept.ref, 1)]),
                lambda: store.apply(rows_of([new])),
                lambda: store.scan(kept.ref.tenant, kept.ref.kind),
                lambda: store.scan(kept.ref.tenant, kept.ref.kind, limit=5),
                lambda: store.everything(10),
                lambda: store.due(kept.ref.kind, later(1), 10),
                lambda: store.unshipped(10),
                lambda: store.sealed_below(kept.ref.tenant, 1, 10),
                lambda: store.holdings(kept.ref.tenant),
                lambda: store.erase(kept.ref.tenant),
                store.check,
            )
        )
    assert await store.get(kept.ref) == kept
    await store.put(new)
    assert await store.get(new.ref) == new
