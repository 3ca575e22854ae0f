"""What `holdings` promises."""

from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import TENANT, fill, ref


async def holdings_are_counted_by_kind(harness: Harness) -> None:
    """Each kind is told with how many records it has, however many those are; who has nothing has no kinds."""
    await fill(harness.store, *(f"{number:04}" for number in range(1_203)))
    await fill(harness.store, ref("a", kind="other"), ref("b", kind="other"), ref("a", kind="change0"))
    assert await harness.store.holdings(TENANT) == {"change": 1_203, "other": 2, "change0": 1}
    assert await harness.store.holdings("nobody") == {}


async def tombstones_are_holdings_too(harness: Harness) -> None:
    """What a tombstone is called is still there."""
    await fill(harness.store, "a", "b", ref("a", kind="other"))
    for place in (ref("a"), ref("a", kind="other")):
        await harness.store.delete(place, 1)
    assert await harness.store.holdings(TENANT) == {"change": 2, "other": 1}


async def nobody_elses_holdings_are_counted(harness: Harness) -> None:
    """Tenants whose names begin alike, or differ in case, have holdings of their own."""
    others = [ref("a", tenant=TENANT + "0"), ref("a", tenant=TENANT[:-1]), ref("a", tenant=TENANT.upper())]
    await fill(harness.store, "a", *others)
    assert await harness.store.holdings(TENANT) == {"change": 1}
