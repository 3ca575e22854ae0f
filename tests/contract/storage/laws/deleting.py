"""What `delete` promises."""

import pytest

from ports.errors import Conflict
from ports.storage import Shipping
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import KIND, TENANT, fill, later, ref, sample


async def a_deleted_record_is_not_got(harness: Harness) -> None:
    """To a reader a tombstone is nothing."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    assert await harness.store.get(ref("a")) is None


async def a_deleted_record_is_not_scanned(harness: Harness) -> None:
    """A scan shows no tombstones."""
    await fill(harness.store, "a", "b")
    await harness.store.delete(ref("a"), 1)
    assert await harness.store.scan(TENANT, KIND) == [sample("b")]


async def a_tombstone_waits_for_the_backups(harness: Harness) -> None:
    """A tombstone is the next revision, holds nothing that was sealed, and is pending though the record was not."""
    await harness.store.put(sample("a", generation=3, due=later(1), shipping=Shipping.DONE))
    await harness.store.delete(ref("a"), 1)
    assert await harness.store.unshipped(10) == [sample("a", rev=2, body=None)]


async def a_tombstone_keeps_its_place(harness: Harness) -> None:
    """Nothing is put over a tombstone, neither a first revision nor the next one."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    for rev in (1, 2, 3):
        with pytest.raises(Conflict):
            await harness.store.put(sample("a", rev=rev))


async def another_revision_is_not_deleted(harness: Harness) -> None:
    """Deleting a revision that is not the stored one is a Conflict about the reference and changes nothing."""
    await fill(harness.store, "a")
    await harness.store.put(sample("a", rev=2))
    for rev in (1, 3):
        with pytest.raises(Conflict) as refused:
            await harness.store.delete(ref("a"), rev)
        assert refused.value.about == ref("a")
    assert await harness.store.get(ref("a")) == sample("a", rev=2)


async def nothing_is_not_deleted(harness: Harness) -> None:
    """Deleting what is not there is a Conflict."""
    with pytest.raises(Conflict):
        await harness.store.delete(ref("a"), 1)


async def a_tombstone_is_not_deleted(harness: Harness) -> None:
    """Deleting a tombstone is a Conflict; it does not move on to a further revision."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    with pytest.raises(Conflict):
        await harness.store.delete(ref("a"), 2)


async def what_is_never_shipped_leaves_no_tombstone(harness: Harness) -> None:
    """A record that no backup holds is gone at once, and its place is free."""
    await harness.store.put(sample("a", shipping=Shipping.NEVER))
    await harness.store.delete(ref("a"), 1)
    await harness.store.put(sample("a", body=b"again"))
    assert await harness.store.get(ref("a")) == sample("a", body=b"again")
