"""What `sealed_below` promises."""

from msgspec.structs import replace

from ports.rows import rows_of
from ports.storage import LONG_PAGE
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import TENANT, keys_of, ref, sample


async def older_generations_are_found(harness: Harness) -> None:
    """Everything from generation 1 to the one before the given, and nothing that is sealed under none."""
    await harness.store.put_many([sample(f"{generation}", generation=generation) for generation in range(5)])
    assert sorted(keys_of(await harness.store.sealed_below(TENANT, 3, 10))) == ["1", "2"]


async def all_kinds_of_one_tenant_are_found(harness: Harness) -> None:
    """A sweep covers every kind, and no other tenant."""
    await harness.store.put_many(
        [
            sample(ref("a", kind="one"), generation=1),
            sample(ref("b", kind="two"), generation=1),
            sample(ref("c", tenant=TENANT + "0"), generation=1),
        ]
    )
    assert sorted(keys_of(await harness.store.sealed_below(TENANT, 2, 10))) == ["a", "b"]


async def a_resealed_record_is_not_found(harness: Harness) -> None:
    """A sweep that goes on until nothing is found comes to an end."""
    await harness.store.put(sample("a", generation=1))
    await harness.store.put(sample("a", rev=2, generation=2))
    assert await harness.store.sealed_below(TENANT, 2, 10) == []


async def a_tombstone_is_not_sealed(harness: Harness) -> None:
    """What is deleted holds nothing under any generation, whether it was left here or brought here."""
    await harness.store.put(sample("a", generation=1))
    await harness.store.delete(ref("a"), 1)
    await harness.store.apply(rows_of([sample("b", rev=4, body=None, generation=1)]))
    assert await harness.store.sealed_below(TENANT, 9, 10) == []


async def a_sweep_is_as_long_as_its_limit(harness: Harness) -> None:
    """At most as many as asked for are returned."""
    await harness.store.put_many([sample(key, generation=1) for key in "abc"])
    assert len(await harness.store.sealed_below(TENANT, 2, 2)) == 2


async def what_is_swept_comes_in_pages_that_fit_into_memory(harness: Harness) -> None:
    """However large the bodies are, a page ends in time, is not empty, and in the end all is under the new key."""
    for number in range(40):
        await harness.store.put(sample(f"{number:02}", body=bytes([number]) * (1 << 20), generation=1))
    found = 0
    while page := await harness.store.sealed_below(TENANT, 2, 100):
        assert sum(len(record.body or b"") for record in page) <= LONG_PAGE
        found += len(page)
        await harness.store.put_many([replace(record, rev=2, body=b"", generation=2) for record in page])
    assert found == 40
