"""What `unshipped` and `mark_shipped` promise."""

from ports.storage import LONG_PAGE, Record, Shipping
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import fill, keys_of, later, ref, sample


async def a_pending_record_is_unshipped(harness: Harness) -> None:
    """Only what is pending waits for the backups."""
    await harness.store.put_many([sample("a"), sample("b", shipping=Shipping.DONE)])
    assert await harness.store.unshipped(10) == [sample("a")]


async def what_is_never_shipped_does_not_wait(harness: Harness) -> None:
    """A record that is no part of any backup is not offered to them."""
    await harness.store.put(sample("a", shipping=Shipping.NEVER))
    assert await harness.store.unshipped(10) == []


async def the_longest_waiting_is_first(harness: Harness) -> None:
    """The unshipped of all tenants come in the order of their times."""
    first, second, third = ref("b"), ref("c", tenant="0"), ref("a")
    await harness.store.put_many(
        [sample(third, updated=later(3)), sample(second, updated=later(2)), sample(first, updated=later(1))]
    )
    assert [record.ref for record in await harness.store.unshipped(10)] == [first, second, third]
    assert [record.ref for record in await harness.store.unshipped(2)] == [first, second]


async def what_is_resealed_waits_behind_what_is_new(harness: Harness) -> None:
    """A rotation of keys does not keep a new record from the backups, however old the rotated ones are."""
    await harness.store.put_many(
        [
            sample("d", updated=later(2), shipping=Shipping.RESEALED),
            sample("c", updated=later(1), shipping=Shipping.RESEALED),
            sample("b", updated=later(4)),
            sample("a", updated=later(3)),
        ]
    )
    assert keys_of(await harness.store.unshipped(10)) == ["a", "b", "c", "d"]
    assert keys_of(await harness.store.unshipped(3)) == ["a", "b", "c"]
    assert keys_of(await harness.store.unshipped(2)) == ["a", "b"]


async def what_is_resealed_is_marked_as_well(harness: Harness) -> None:
    """Once the newer seal is backed up, the record waits no longer."""
    await harness.store.put(sample("a", shipping=Shipping.RESEALED))
    await harness.store.mark_shipped([(ref("a"), 1)])
    found = await harness.store.get(ref("a"))
    assert found is not None
    assert found.shipping is Shipping.DONE
    assert await harness.store.unshipped(10) == []


async def a_marked_record_is_shipped(harness: Harness) -> None:
    """Marking changes the mark and nothing else."""
    record = sample("a", generation=3, due=later(1))
    await harness.store.put(record)
    await harness.store.mark_shipped([(record.ref, 1)])
    shipped = sample("a", generation=3, due=later(1), shipping=Shipping.DONE)
    assert await harness.store.get(record.ref) == shipped
    assert await harness.store.unshipped(10) == []


async def a_newer_revision_stays_pending(harness: Harness) -> None:
    """What was written while the backup ran is not taken for backed up."""
    await fill(harness.store, "a")
    await harness.store.put(sample("a", rev=2))
    await harness.store.mark_shipped([(ref("a"), 1)])
    assert await harness.store.unshipped(10) == [sample("a", rev=2)]


async def a_new_revision_is_pending_again(harness: Harness) -> None:
    """A record that was shipped waits again once it has changed."""
    await fill(harness.store, "a")
    await harness.store.mark_shipped([(ref("a"), 1)])
    await harness.store.put(sample("a", rev=2))
    assert await harness.store.unshipped(10) == [sample("a", rev=2)]


async def marking_leaves_never_alone(harness: Harness) -> None:
    """A record that is never shipped stays so, and goes on leaving no tombstone."""
    record = sample("a", shipping=Shipping.NEVER)
    await harness.store.put(record)
    await harness.store.mark_shipped([(record.ref, 1)])
    assert await harness.store.get(record.ref) == record


async def a_shipped_tombstone_is_gone(harness: Harness) -> None:
    """Once the backups know of the deletion, the place is free."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    await harness.store.mark_shipped([(ref("a"), 2)])
    assert await harness.store.unshipped(10) == []
    await harness.store.put(sample("a"))


async def a_tombstone_is_shipped_by_its_own_revision(harness: Harness) -> None:
    """Marking the record that a tombstone replaced does not take the tombstone away."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    await harness.store.mark_shipped([(ref("a"), 1)])
    assert await harness.store.unshipped(10) == [sample("a", rev=2, body=None)]


async def marking_what_is_gone_is_nothing(harness: Harness) -> None:
    """A revision that is not there any more is passed over, and those after it are marked."""
    await fill(harness.store, "b")
    await harness.store.mark_shipped([(ref("a"), 1), (ref("b"), 1)])
    assert await harness.store.unshipped(10) == []


async def what_waits_comes_in_pages_that_fit_into_memory(harness: Harness) -> None:
    """However large the bodies are, a page ends in time, is not empty, and in the end all has been shipped."""
    large = [sample(f"{number:02}", body=bytes([number]) * (1 << 20)) for number in range(40)]
    for record in large:
        await harness.store.put(record)
    seen: list[Record] = []
    while page := await harness.store.unshipped(100):
        assert sum(len(record.body or b"") for record in page) <= LONG_PAGE
        seen += page
        await harness.store.mark_shipped([(record.ref, record.rev) for record in page])
    assert seen == large


async def a_short_page_of_small_bodies_is_the_last(harness: Harness) -> None:
    """Whoever is given less than was asked for, and not much, has all that waits."""
    bodies = [sample(f"{number:03}", body=b"x" * 16_000) for number in range(250)]
    await harness.store.put_many(bodies)
    assert await harness.store.unshipped(251) == bodies
