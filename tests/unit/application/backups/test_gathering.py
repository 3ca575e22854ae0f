"""Which records a segment holds: each with all that it stands on, though a page of what waits has missed some."""

from collections.abc import Iterable

from msgspec.structs import replace

from application.backups.gathering import Gathered, Gatherer, contents_of, oldest_of
from application.backups.sizes import SIZES, Sizes
from domain.backups.manifests import Contents
from domain.ids import PanoramaId, TenantId
from ports.rows import rows_of
from ports.storage import Record, Ref, Shipping
from tests.contract.storage.samples import MOMENT, later
from tests.fakes.slow import slow
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage

TENANT, PANORAMA = TenantId("t"), PanoramaId("p" * 24)


class Racing(MemoryStorage):
    """Does not show some records among those that wait, as if they had been written behind the page's back."""

    hidden: frozenset[Ref] = frozenset()

    async def unshipped(self, limit: int) -> list[Record]:
        return [record for record in await super().unshipped(limit) if record.ref not in self.hidden]


def change(version: int, rev: int = 1, body: bytes | None = b"x", *, shipping: Shipping = Shipping.PENDING) -> Record:
    """Return a change of the one panorama."""
    return Record(Ref(TENANT, "change", f"{PANORAMA}/{version:012d}"), rev, body, MOMENT, 1, shipping=shipping)


def part(version: int, number: int = 0, kind: str = "part", body: bytes | None = b"x") -> Record:
    """Return a part of a change, or of a snapshot."""
    ref = Ref(TENANT, kind, f"{PANORAMA}/{version:012d}/attempt/{number:06d}")
    return Record(ref, 1 if body else 2, body, MOMENT, 1)


def header(version: int, body: bytes | None = b"x") -> Record:
    """Return the header of a snapshot of the tree."""
    return Record(Ref(TENANT, "snapshot", f"{PANORAMA}/{version:012d}"), 1 if body else 2, body, MOMENT, 1)


async def gathered(
    held: Iterable[Record], hidden: Iterable[Record] = (), *shipped: Record, sizes: Sizes = SIZES
) -> Gathered:
    """Gather from a storage that holds these records, some of which it does not show among those that wait."""
    storage = Racing()
    await storage.apply(rows_of(held))
    storage.hidden = frozenset(record.ref for record in hidden)
    gatherer = Gatherer(storage, FakeTime().clock, sizes)
    gatherer.shipped(rows_of(shipped))
    return await gatherer.gather()


def refs(records: Iterable[Record]) -> list[Ref]:
    """Return the references in order."""
    return sorted(record.ref for record in records)


async def test_what_waits_is_gathered_once() -> None:
    """Records of any kind, re-sealed ones and tombstones, each once."""
    other = Record(Ref("system", "alias", "jira:site"), 1, b"x", MOMENT)
    waiting = [change(1), part(1), other, change(2, 2, shipping=Shipping.RESEALED), part(9, body=None)]
    found = await gathered([*waiting, change(3, shipping=Shipping.DONE)], [], other)
    assert sorted(found.records, key=lambda record: record.ref) == sorted(waiting, key=lambda record: record.ref)
    assert found.complete


async def test_a_version_that_was_missed_goes_with_the_next() -> None:
    """Back to the one that is shipped, or to the first."""
    held = [change(version) for version in range(1, 41)]
    assert refs((await gathered(held, held[:-1])).records) == refs(held)
    held[:20] = [replace(record, shipping=Shipping.DONE) for record in held[:20]]
    assert refs((await gathered(held, held[20:30])).records) == refs(held[20:])


async def test_what_the_process_knows_to_be_shipped_is_not_looked_for() -> None:
    """It has marked it itself a moment ago."""
    held = [change(1), change(2)]
    assert refs((await gathered(held, held[:1], change(1))).records) == refs(held[1:])


async def test_a_version_that_is_nowhere_keeps_no_other_back() -> None:
    """A stream that is broken at its source is shipped as it is: the gap is seen in the backup."""
    assert refs((await gathered([change(5)])).records) == refs([change(5)])


async def test_parts_go_with_their_change() -> None:
    """Those of a version that was missed as well, and not those that are shipped."""
    parts = [part(2), part(3, 0), part(3, 1)]
    shipped = replace(part(1), shipping=Shipping.DONE)
    held = [shipped, replace(change(1), shipping=Shipping.DONE), change(2), change(3), *parts]
    assert refs((await gathered(held, [*parts, change(2)])).records) == refs([change(2), change(3), *parts])


async def test_many_parts_are_read_page_by_page() -> None:
    """A large change has more than fit into one page."""
    parts = [part(1, number) for number in range(40)]
    assert refs((await gathered([change(1), *parts], parts)).records) == refs([change(1), *parts])


async def test_the_parts_of_a_snapshot_go_with_its_header() -> None:
    """A header without them would be passed over."""
    parts = [part(7, number, "snapshot-part") for number in range(2)]
    assert refs((await gathered([header(7), *parts], parts)).records) == refs([header(7), *parts])


async def test_a_stub_goes_with_the_snapshot_that_covers_it() -> None:
    """History is folded only once there is one, so it is there; and so are its parts."""
    snapshot = [header(7), part(7, 0, "snapshot-part")]
    shipped = replace(header(3), shipping=Shipping.DONE)
    stub = change(1, 2, b"")
    assert refs((await gathered([stub, shipped, *snapshot], snapshot)).records) == refs([stub, *snapshot])


async def test_a_part_is_gone_only_with_its_stub() -> None:
    """Else a change would be restored whose parts are missing."""
    stub, stale = change(1, 2, b""), replace(change(2), shipping=Shipping.DONE)
    gone = [part(1, body=None), part(2, body=None), part(3, body=None)]
    found = await gathered([stub, stale, *gone, header(7)], [stub, header(7)])
    assert refs(found.records) == refs([stub, *gone, header(7)])


async def test_an_old_snapshot_is_gone_only_with_the_newer_one() -> None:
    """It was pruned when the newer had been read back."""
    newer = [header(7), part(7, 0, "snapshot-part")]
    gone = [header(3, None), part(3, 0, "snapshot-part", None)]
    assert refs((await gathered([*newer, *gone], newer)).records) == refs([*newer, *gone])


async def test_what_is_resealed_stands_on_what_is_shipped() -> None:
    """Nothing is looked for: its content went before, with all that belongs to it."""
    resealed = change(5, 2, shipping=Shipping.RESEALED)
    assert refs((await gathered([resealed, change(4)], [change(4)])).records) == refs([resealed])


async def test_a_full_page_is_not_all() -> None:
    """Nor is a short one whose bodies are large."""
    sizes = Sizes(unshipped=3, short_page=100)
    assert not (await gathered([change(version) for version in range(1, 5)], sizes=sizes)).complete
    assert (await gathered([change(1), change(2)], sizes=sizes)).complete
    assert (await gathered([change(1, body=bytes(99))], sizes=sizes)).complete
    assert not (await gathered([change(1, body=bytes(100))], sizes=sizes)).complete


async def test_it_tells_when_it_began() -> None:
    """What had been acknowledged by then is there."""
    assert (await gathered([])).began == FakeTime().now


async def test_what_is_written_while_it_asks_is_not_counted_as_covered() -> None:
    """The answer holds nothing of it, so that the moment up to which everything is there lies before it."""
    time, inner = FakeTime(), MemoryStorage()

    async def write(_: str) -> None:
        await inner.put(replace(change(2), updated=time.clock()))

    await inner.put(replace(change(1), updated=time.clock()))
    storage = slow(inner, time, methods={"unshipped"}, meanwhile=write)
    found = await Gatherer(storage, time.clock).gather()
    written = inner.records[change(2).ref].updated
    assert refs(found.records) == [change(1).ref]
    assert (found.complete, found.began) == (True, time.start)
    assert found.began < written


async def test_little_is_remembered() -> None:
    """Of many streams the ones that were shipped last."""
    storage = Racing()
    gatherer = Gatherer(storage, FakeTime().clock, Sizes(remembered_streams=2))
    others = [Ref(TENANT, "change", f"{name * 24}/{1:012d}") for name in "ab"]
    gatherer.shipped(rows_of([change(1), change(2), *(Record(ref, 1, b"x", MOMENT) for ref in others)]))
    held = [change(2), change(3)]
    await storage.apply(rows_of(held))
    storage.hidden = frozenset({change(2).ref})
    assert refs((await gatherer.gather()).records) == refs(held)


def test_contents_are_told_by_what_they_are() -> None:
    """New versions, versions written once more, and the keys of all."""
    system = Record(Ref("system", "alias", "a"), 1, b"x", MOMENT, 4)
    held = [change(3), change(4), change(6), change(1, 3, shipping=Shipping.RESEALED), change(2, 2, b""), system]
    assert contents_of(rows_of([*held, Record(Ref("system", "plain", "a"), 1, b"", MOMENT)])) == Contents(
        {TENANT: (1,), TenantId("system"): (4,)},
        {TENANT: {PANORAMA: ((3, 4), (6, 6))}},
        {TENANT: {PANORAMA: ((1, 2),)}},
    )


def test_the_oldest_is_what_no_backup_has() -> None:
    """Re-sealed content has been there for long."""
    fresh = replace(change(9), updated=later(5))
    assert oldest_of([fresh, change(1, 2, shipping=Shipping.RESEALED)]) == later(5)
    assert oldest_of([change(1, 2, shipping=Shipping.RESEALED)]) is None
