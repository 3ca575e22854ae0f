"""What each declared capability means, and what its absence means."""

import pytest

from ports.errors import Unsupported
from ports.storage import Capability
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import ref, sample


async def a_batch_is_one_round_trip_where_declared(harness: Harness) -> None:
    """ONE_ROUND_TRIP_BATCHES: ten records take one trip to the engine; without it they take more."""
    before = harness.round_trips()
    await harness.store.put_many([sample(f"{number}") for number in range(10)])
    one = harness.round_trips() - before == 1
    assert one is (Capability.ONE_ROUND_TRIP_BATCHES in harness.store.capabilities)


async def machines_share_a_store_where_declared(harness: Harness) -> None:
    """SHARED_BETWEEN_MACHINES: another machine sees what is put here; without it, it is refused."""
    await harness.store.put(sample("a"))
    if Capability.SHARED_BETWEEN_MACHINES not in harness.store.capabilities:
        with pytest.raises(Unsupported):
            await harness.elsewhere()
        return
    other = await harness.elsewhere()
    try:
        assert await other.get(ref("a")) == sample("a")
    finally:
        await other.close()
