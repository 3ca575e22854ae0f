"""What `erase` promises."""

from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import KIND, TENANT, fill, later, ref, sample


async def everything_of_a_tenant_is_erased(harness: Harness) -> None:
    """Records of every kind are gone, and so is what waited for timers, sweeps and backups."""
    await harness.store.put_many([sample("a", due=later(1), generation=1), sample(ref("b", kind="other"))])
    await harness.store.erase(TENANT)
    assert await harness.store.get(ref("a")) is None
    assert await harness.store.scan(TENANT, "other") == []
    assert await harness.store.due(KIND, later(9), 10) == []
    assert await harness.store.sealed_below(TENANT, 9, 10) == []
    assert await harness.store.unshipped(10) == []
    assert await harness.store.erase(TENANT) == 0


async def erased_tombstones_free_their_places(harness: Harness) -> None:
    """Tombstones are erased too, and wait for no backup any more."""
    await fill(harness.store, "a")
    await harness.store.delete(ref("a"), 1)
    await harness.store.erase(TENANT)
    assert await harness.store.unshipped(10) == []
    await harness.store.put(sample("a"))


async def erasing_counts(harness: Harness) -> None:
    """The receipt says how many records and tombstones there were."""
    await fill(harness.store, *(f"{number:04}" for number in range(450)))
    await harness.store.delete(ref("0000"), 1)
    assert await harness.store.erase(TENANT) == 450


async def others_stay(harness: Harness) -> None:
    """Tenants whose names begin alike, or differ in case, keep what they have."""
    others = [ref("a", tenant=TENANT + "0"), ref("a", tenant=TENANT[:-1]), ref("a", tenant=TENANT.upper())]
    await fill(harness.store, "a", *others)
    await harness.store.erase(TENANT)
    for other in others:
        assert await harness.store.get(other) == sample(other)


async def several_tenants_are_erased_at_once(harness: Harness) -> None:
    """Those that are named and no other; of nobody nothing is erased."""
    names = [TENANT, "another", "third"]
    await fill(harness.store, *(ref(key, tenant=name) for name in names for key in ("a", "b")))
    assert await harness.store.erase() == 0
    assert await harness.store.erase(names[0], names[2], "nobody") == 4
    assert await harness.store.get(ref("a", tenant=names[1])) == sample(ref("a", tenant=names[1]))
    assert await harness.store.get(ref("b", tenant=names[2])) is None
