"""What `everything` promises."""

from ports.rows import rows_of
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import TENANT, fill, ref, sample


async def everything_comes_in_the_order_of_references(harness: Harness) -> None:
    """All tenants' records of all kinds are ordered by tenant, then kind, then key, each by code point."""
    places = [
        *(ref("z", tenant="A", kind="z"), ref("b", tenant="a", kind="k"), ref("b!", tenant="a", kind="k")),
        *(ref("a", tenant="a", kind="k!"), ref("B", tenant="a!", kind="K"), ref("b", tenant="a!", kind="K")),
        ref("a", tenant="ab", kind="a"),
    ]
    await fill(harness.store, *reversed(places))
    assert [record.ref for record in await harness.store.everything(10)] == places


async def everything_begins_beyond(harness: Harness) -> None:
    """The reference to begin after is left out and need not be there; the pages hold everything once."""
    places = [ref(f"{key}", tenant=tenant, kind=kind) for tenant in "ab" for kind in "kl" for key in "123"]
    await fill(harness.store, *places)
    seen, after = [], None
    while page := await harness.store.everything(5, after=after):
        seen.append([record.ref for record in page])
        after = page[-1].ref
    assert seen == [places[:5], places[5:10], places[10:]]
    found = await harness.store.everything(10, after=ref("2!", tenant="b", kind="k"))
    assert [record.ref for record in found] == places[8:]


async def everything_is_without_tombstones(harness: Harness) -> None:
    """What is deleted is neither shown nor counted; stubs, and what is never shipped, are records like others."""
    await harness.store.put_many([sample("a"), sample("b", body=b""), sample("c"), sample("d")])
    await harness.store.delete(ref("a"), 1)
    await harness.store.delete(ref("c"), 1)
    assert await harness.store.everything(2) == rows_of([sample("b", body=b""), sample("d")])
    await harness.store.erase(TENANT)
    assert await harness.store.everything(2) == []


async def everything_is_without_whole_kinds(harness: Harness) -> None:
    """A kind that is left out counts for nothing, whether a page would begin, end or lie altogether in it."""
    wanted = [ref(key, tenant=tenant, kind="m") for tenant in "ab" for key in "123"]
    many = [f"{key:03}" for key in range(120)]
    unwanted = [ref(key, tenant=tenant, kind=kind) for tenant in "abc" for kind in "ln" for key in many]
    await fill(harness.store, *wanted, *unwanted)
    left_out = frozenset("ln")
    for limit in range(1, len(wanted) + 2):
        found = await harness.store.everything(limit, without=left_out)
        assert [row.ref for row in found] == wanted[:limit]
    for after, rest in ((ref("050", tenant="a", kind="l"), wanted), (ref("1", tenant="a", kind="n"), wanted[3:])):
        assert [row.ref for row in await harness.store.everything(10, after=after, without=left_out)] == rest
