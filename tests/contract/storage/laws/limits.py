"""What every call refuses as InvalidArgument, and what it must not refuse."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime

import pytest

from ports.errors import InvalidArgument
from ports.rows import rows_of
from ports.storage import BODY_LIMIT, KEY_LIMIT, SCAN_LIMIT, Ref
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import KIND, MOMENT, TENANT, ref, sample


async def _refused(*calls: Awaitable[object]) -> None:
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [InvalidArgument] * len(outcomes)


_BAD_NAMES = ("", "a b", "a\n", "\x7f", "é", "a\0", "x" * (KEY_LIMIT + 1))


async def names_are_printable_ascii(harness: Harness) -> None:
    """No part of a reference is empty, too long or holds a space, a control character or a letter beyond ASCII."""
    for bad in _BAD_NAMES:
        for place in (Ref(bad, "k", "a"), Ref("t", bad, "a"), Ref("t", "k", bad)):
            with pytest.raises(InvalidArgument):
                await harness.store.put(sample(place))


async def every_call_checks_its_names(harness: Harness) -> None:
    """Asking for what cannot be there is refused, too, rather than answered with nothing."""
    bad, store = ref("a b"), harness.store
    await _refused(
        store.get(bad),
        store.put_many([sample(bad)]),
        store.delete(bad, 1),
        store.mark_shipped([(bad, 1)]),
        store.apply(rows_of([sample(bad)])),
        store.scan("a b", KIND),
        store.scan(TENANT, "a b"),
        store.scan(TENANT, KIND, prefix="a b"),
        store.scan(TENANT, KIND, after="a b"),
        store.everything(1, after=bad),
        store.everything(1, without=frozenset({"a b"})),
        store.due("a b", MOMENT, 1),
        store.sealed_below("a b", 1, 1),
        store.holdings("a b"),
        store.erase("a b"),
        store.erase(TENANT, "a b"),
    )


async def the_longest_names_are_taken(harness: Harness) -> None:
    """Each part of a reference may use the whole limit, and every character."""
    every = "".join(map(chr, range(0x21, 0x7F)))
    place = Ref("t" * KEY_LIMIT, "k" * KEY_LIMIT, (every * 6)[:KEY_LIMIT])
    await harness.store.put(sample(place))
    assert await harness.store.get(place) == sample(place)


async def the_largest_body_is_taken(harness: Harness) -> None:
    """A body may use the whole limit."""
    largest = sample("a", body=b"\xff" * BODY_LIMIT)
    await harness.store.put(largest)
    assert await harness.store.get(largest.ref) == largest


async def a_larger_body_is_refused(harness: Harness) -> None:
    """One byte more is too much, for whichever call."""
    larger = sample("a", body=b"\xff" * (BODY_LIMIT + 1))
    await _refused(harness.store.put(larger), harness.store.put_many([larger]), harness.store.apply(rows_of([larger])))


async def a_limit_is_positive_and_bounded(harness: Harness) -> None:
    """Nothing, less than nothing and more than one scan returns cannot be asked for."""
    store = harness.store
    for limit in (0, -1, SCAN_LIMIT + 1):
        await _refused(
            store.scan(TENANT, KIND, limit=limit),
            store.due(KIND, MOMENT, limit),
            store.everything(limit),
            store.unshipped(limit),
            store.sealed_below(TENANT, 1, limit),
        )


async def revisions_and_generations_are_natural(harness: Harness) -> None:
    """A revision counts from 1, a generation from 0, and neither beyond what engines store exactly."""
    store, beyond = harness.store, 1 << 63
    await _refused(
        store.put(sample("a", rev=0)),
        store.put(sample("a", rev=-1)),
        store.put(sample("a", rev=beyond)),
        store.put(sample("a", generation=-1)),
        store.put(sample("a", generation=beyond)),
        store.delete(ref("a"), 0),
        store.delete(ref("a"), beyond),
        store.mark_shipped([(ref("a"), 0)]),
    )


async def a_tombstone_is_not_put(harness: Harness) -> None:
    """Only `delete` and `apply` make tombstones."""
    await _refused(harness.store.put(sample("a", body=None)), harness.store.put_many([sample("a", body=None)]))


async def times_have_a_zone(harness: Harness) -> None:
    """A time without a zone could mean any moment."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the very thing that is to be refused
    await _refused(
        harness.store.put(sample("a", updated=naive)),
        harness.store.put(sample("a", due=naive)),
        harness.store.due(KIND, naive, 1),
    )


async def a_refused_batch_stores_nothing(harness: Harness) -> None:
    """A batch that can never succeed is refused before any of it is stored."""
    with pytest.raises(InvalidArgument):
        await harness.store.put_many([sample("a"), sample("a b")])
    with pytest.raises(InvalidArgument):
        await harness.store.apply(rows_of([sample("a"), sample("a b")]))
    assert await harness.store.unshipped(10) == []
