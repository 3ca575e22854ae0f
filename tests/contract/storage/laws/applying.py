"""What `apply` promises."""

from ports.rows import record_of, rows_of
from ports.storage import SCAN_LIMIT, Shipping
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import fill, later, ref, sample


async def a_higher_revision_is_applied_as_given(harness: Harness) -> None:
    """A restored record is stored to the last column, however far its revision is ahead."""
    given = sample("a", rev=7, generation=4, due=later(9), updated=later(1), shipping=Shipping.DONE)
    await fill(harness.store, "a")
    await harness.store.apply(rows_of([given]))
    assert await harness.store.get(given.ref) == given


async def apply_fills_free_places(harness: Harness) -> None:
    """A record that is new here is stored at the revision that it has."""
    await harness.store.apply(rows_of([sample("a", rev=5), sample("b", rev=2)]))
    assert await harness.store.get(ref("a")) == sample("a", rev=5)
    assert await harness.store.get(ref("b")) == sample("b", rev=2)


async def a_lower_revision_is_not_applied(harness: Harness) -> None:
    """What is older than the stored revision, or as old, changes nothing."""
    await fill(harness.store, "a")
    await harness.store.apply(rows_of([sample("a", rev=5)]))
    await harness.store.apply(rows_of([sample("a", rev=5, body=b"same"), sample("a", rev=4, body=b"older")]))
    assert await harness.store.get(ref("a")) == sample("a", rev=5)


async def the_highest_of_a_batch_stays(harness: Harness) -> None:
    """One call may hold several revisions of a record, in any order."""
    await fill(harness.store, "a")
    await harness.store.apply(rows_of([sample("a", rev=2), sample("a", rev=3), sample("a", rev=1)]))
    assert await harness.store.get(ref("a")) == sample("a", rev=3)


async def of_many_rows_each_is_applied(harness: Harness) -> None:
    """Nearly as many at once as a scan gives end as each alone would, newer and older revisions among them."""
    many = [sample(f"{number:04}", rev=2, body=b"%d" % number) for number in range(903)]
    await fill(harness.store, *(each.ref for each in many))
    newer, older = sample("0001", rev=3, body=b"newer"), sample("0902", rev=1, body=b"older")
    await harness.store.apply(rows_of([newer, *many, older]))
    assert [record_of(row) for row in await harness.store.everything(SCAN_LIMIT)] == [many[0], newer, *many[2:]]


async def a_tombstone_is_applied(harness: Harness) -> None:
    """A tombstone replaces the record and goes on refusing revisions that are older than itself."""
    await fill(harness.store, "a")
    await harness.store.apply(rows_of([sample("a", rev=5, body=None)]))
    await harness.store.apply(rows_of([sample("a", rev=4)]))
    assert await harness.store.get(ref("a")) is None


async def a_record_is_applied_over_a_tombstone(harness: Harness) -> None:
    """A record that came back after its deletion comes back here too."""
    await fill(harness.store, "a")
    await harness.store.apply(rows_of([sample("a", rev=2, body=None)]))
    await harness.store.apply(rows_of([sample("a", rev=3)]))
    assert await harness.store.get(ref("a")) == sample("a", rev=3)
