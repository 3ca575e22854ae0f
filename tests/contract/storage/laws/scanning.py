"""What `scan` promises."""

from ports.storage import BODY_LIMIT, SCAN_LIMIT
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import KIND, TENANT, fill, keys_of, ref, sample


async def keys_come_in_order_of_code_points(harness: Harness) -> None:
    """Punctuation, capitals and small letters are ordered by their numbers, as no human language does."""
    keys = ["!", "-", "/", "0", "10", "9", "A", "Z", "_", "a", "a!", "aB", "ab", "~"]
    await fill(harness.store, *reversed(keys))
    assert keys_of(await harness.store.scan(TENANT, KIND)) == keys


async def reverse_begins_at_the_last(harness: Harness) -> None:
    """A reversed page holds the last keys, not the first ones turned round."""
    await fill(harness.store, "a", "b", "c")
    assert keys_of(await harness.store.scan(TENANT, KIND, limit=2, reverse=True)) == ["c", "b"]


async def a_scan_sees_one_kind_of_one_tenant(harness: Harness) -> None:
    """Others' records are not shown, nor those of another kind."""
    await fill(harness.store, "a", ref("b", tenant=TENANT + "0"), ref("c", kind=KIND + "0"), ref("d", kind="a"))
    assert keys_of(await harness.store.scan(TENANT, KIND)) == ["a"]


async def a_prefix_is_taken_literally(harness: Harness) -> None:
    """No character of a prefix stands for others, and it ends where it ends."""
    await fill(harness.store, "a_b", "axb", "a%", "a_", "a-b", "A_b", "b_")
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="a_")) == ["a_", "a_b"]
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="a_", reverse=True)) == ["a_b", "a_"]


async def the_last_character_has_its_prefix_too(harness: Harness) -> None:
    """A prefix of the highest character finds all that begins with it."""
    await fill(harness.store, "}", "~", "~~", "~~~", "~!")
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="~")) == ["~", "~!", "~~", "~~~"]


async def a_scan_begins_beyond(harness: Harness) -> None:
    """The key to begin after is left out, in both directions, and need not be there."""
    await fill(harness.store, "a", "b", "b!", "c")
    assert keys_of(await harness.store.scan(TENANT, KIND, after="b")) == ["b!", "c"]
    assert keys_of(await harness.store.scan(TENANT, KIND, after="b", reverse=True)) == ["a"]
    assert keys_of(await harness.store.scan(TENANT, KIND, after="aa")) == ["b", "b!", "c"]


async def after_may_lie_outside_the_prefix(harness: Harness) -> None:
    """A bound before the prefix leaves all, one behind it leaves nothing; in reverse it is the other way round."""
    await fill(harness.store, "b1", "b2", "c")
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="b", after="a")) == ["b1", "b2"]
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="b", after="c")) == []
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="b", after="c", reverse=True)) == ["b2", "b1"]
    assert keys_of(await harness.store.scan(TENANT, KIND, prefix="b", after="a", reverse=True)) == []


async def a_page_is_as_long_as_its_limit(harness: Harness) -> None:
    """A full page holds exactly what was asked for, and the pages together hold everything once."""
    keys = [f"{number:02}" for number in range(7)]
    await fill(harness.store, *keys)
    first = await harness.store.scan(TENANT, KIND, limit=3)
    second = await harness.store.scan(TENANT, KIND, limit=3, after=first[-1].ref.key)
    third = await harness.store.scan(TENANT, KIND, limit=3, after=second[-1].ref.key)
    assert [keys_of(page) for page in (first, second, third)] == [keys[:3], keys[3:6], keys[6:]]


async def tombstones_do_not_shorten_a_page(harness: Harness) -> None:
    """A short page is the last one, so what is hidden does not count."""
    await fill(harness.store, "a", "b", "c")
    await harness.store.delete(ref("a"), 1)
    assert keys_of(await harness.store.scan(TENANT, KIND, limit=2)) == ["b", "c"]


async def stubs_are_scanned(harness: Harness) -> None:
    """A record with an empty body belongs to the page."""
    await harness.store.put_many([sample("a", body=b""), sample("b")])
    assert await harness.store.scan(TENANT, KIND) == [sample("a", body=b""), sample("b")]


async def the_longest_page_is_whole(harness: Harness) -> None:
    """As many records as one scan may return are returned, and no more unless one asks again."""
    keys = [f"{number:04}" for number in range(SCAN_LIMIT + 1)]
    await fill(harness.store, *keys)
    assert keys_of(await harness.store.scan(TENANT, KIND)) == keys[:SCAN_LIMIT]


async def the_largest_bodies_are_scanned(harness: Harness) -> None:
    """A page brings bodies of any size, the largest and the smallest beside each other."""
    large = [sample("a", body=b"\0" * BODY_LIMIT), sample("b", body=b"x"), sample("c", body=b"y" * BODY_LIMIT)]
    await harness.store.put_many(large)
    assert await harness.store.scan(TENANT, KIND, limit=10) == large


async def pages_under_writes_hold_what_stays_once(harness: Harness) -> None:
    """Whatever is put, changed and deleted between two pages, what is there all the while is in exactly one of them.

    What is put beyond the last page is in a later one, what is put before it in none.
    """
    settled = [f"{number}" for number in range(10, 100, 10)]
    await fill(harness.store, *settled)
    seen, beyond, behind = list[str](), list[str](), list[str]()
    while page := await harness.store.scan(TENANT, KIND, after=seen[-1] if seen else None, limit=2):
        seen += keys_of(page)
        if seen[-1] in settled:
            beyond.append(f"{seen[-1]}+")
            behind.append(f"{int(seen[-1]) - 1}")
            await fill(harness.store, beyond[-1], behind[-1])
            await harness.store.put(sample(settled[-1], 1 + len(beyond), b"changed"))
        if len(behind) > 1:
            await harness.store.delete(ref(behind.pop(0)), 1)
    assert seen == sorted(settled + beyond)
