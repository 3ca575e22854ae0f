"""The site's own notes of its backups: each position is taken once, and what does not decode is told."""

import pytest

from application.backups.book import MANIFEST, VAULT_COPY, Book, encoded
from application.backups.losses import Losses
from application.backups.names import key_of
from application.backups.scans import SCAN, Pack, Scanning, Scans, Taken
from application.backups.states import STATE, State, States
from domain.backups.manifests import Piece, Position, VaultCopy
from domain.errors import TooContended
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.storage import Record, Ref, Shipping
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.domain.backups.chains import NOON, at, segment, snapshot

PACK = Pack(Piece("a", 1), Piece("b", 1), Ref("t", "k", "a"))


def a_book(storage: MemoryStorage | None = None) -> Book:
    """Return an empty book."""
    return Book(storage or MemoryStorage(), FakeTime().clock)


def a_copy(number: int) -> VaultCopy:
    """Return the list of an empty copy."""
    return VaultCopy(position=at(number), site="aws", created=NOON, pieces=())


async def spoil(storage: MemoryStorage, ref: Ref) -> None:
    """Put nonsense under a reference."""
    await storage.put(Record(ref, 1, b"nonsense", NOON, shipping=Shipping.NEVER))


async def test_a_position_is_taken_once() -> None:
    """Of two manifests at one position the first stays."""
    book = a_book()
    entry = await book.commit(segment(1))
    assert entry is not None
    assert await book.commit(segment(1, epoch=1, created=NOON.replace(hour=13))) is None
    assert await book.newest() == await book.get(at(1)) == entry
    assert entry.content == encoded(segment(1))


async def test_an_empty_book_has_nothing() -> None:
    """No manifest, no copy."""
    book = a_book()
    assert await book.newest() is None
    assert await book.newest_copy() is None
    assert await book.get(at(1)) is None
    assert [each async for each in book.after(None)] == []


async def test_a_segment_is_settled_once() -> None:
    """By whoever is first; a snapshot has no records to mark and is settled from the beginning."""
    book = a_book()
    entry = await book.commit(segment(1))
    assert entry is not None
    assert not entry.settled
    await book.settle(entry)
    await book.settle(entry)
    newest = await book.newest()
    assert newest is not None
    assert newest.settled
    assert newest.content == entry.content
    shot = await book.commit(snapshot(2, NOON))
    assert shot is not None
    assert shot.settled


async def test_manifests_come_in_order() -> None:
    """Beyond any position, across epochs and pages."""
    book = a_book()
    manifests = [*(segment(number) for number in range(1, 131)), segment(1, epoch=2)]
    for manifest in reversed(manifests):
        await book.commit(manifest)
    assert [each.manifest async for each in book.after(None)] == manifests
    assert [each.manifest async for each in book.after(at(128))] == manifests[128:]


async def test_what_is_forgotten_is_gone() -> None:
    """Again is the same as once."""
    book = a_book()
    await book.commit(segment(1))
    await book.commit_copy(a_copy(1))
    for _ in range(2):
        await book.forget(at(1))
        await book.forget_copy(at(1))
    assert await book.newest() is None
    assert await book.newest_copy() is None


async def test_a_copy_takes_its_position_once() -> None:
    """As manifests do."""
    book = a_book()
    assert await book.commit_copy(a_copy(1))
    assert not await book.commit_copy(a_copy(1))
    assert await book.commit_copy(a_copy(2))
    assert await book.newest_copy() == a_copy(2)
    assert [copy async for copy in book.copies()] == [a_copy(1), a_copy(2)]


async def test_nothing_of_it_is_part_of_a_backup() -> None:
    """What is noted of the backups is never shipped with them."""
    storage, time = MemoryStorage(), FakeTime()
    await a_book(storage).commit(segment(1))
    await a_book(storage).commit_copy(a_copy(1))
    await States(storage, time.clock).change("dir:blobs", lambda _: State(head=at(1)))
    await Losses(storage, time.clock).note(at(1))
    scans, scanning = Scans(storage, time.clock), Scanning("id", None, NOON)
    await scans.note(scanning, new=True)
    await scans.add(scanning, 0, PACK)
    await scans.finish(Scanning("other", None, NOON), Taken(at(1), None, NOON))
    assert await storage.unshipped(10) == []
    assert len(storage.records) == 7


async def test_a_damaged_book_is_told() -> None:
    """By the port's word for it."""
    storage = MemoryStorage()
    for kind in (MANIFEST, VAULT_COPY):
        await spoil(storage, Ref(SYSTEM, kind, key_of(at(1))))
    with pytest.raises(Corrupt):
        await a_book(storage).newest()
    with pytest.raises(Corrupt):
        await a_book(storage).newest_copy()


async def test_damaged_notes_are_told() -> None:
    """Of a store or of a scan."""
    storage, time = MemoryStorage(), FakeTime()
    await spoil(storage, Ref(SYSTEM, STATE, "dir:blobs"))
    await spoil(storage, SCAN)
    with pytest.raises(Corrupt):
        await States(storage, time.clock).of("dir:blobs")
    with pytest.raises(Corrupt):
        await Scans(storage, time.clock).current()


class Contested(MemoryStorage):
    """Somebody else changes a record before each of the first writes of this process."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def put(self, record: Record) -> None:
        if self.times:
            self.times -= 1
            await super().put(Record(record.ref, record.rev, b"{}", NOON, shipping=Shipping.NEVER))
        await super().put(record)


async def test_a_state_is_changed_against_others() -> None:
    """What others have noted meanwhile is built upon; without end it is told."""
    time = FakeTime()
    states = States(Contested(3), time.clock)
    assert await states.change("any store", lambda _: State(head=at(1))) == State(head=at(1))
    assert await states.of("any store") == State(head=at(1))
    with pytest.raises(TooContended):
        await States(Contested(100), time.clock).change("any store", lambda _: State(head=at(1)))


async def test_a_state_that_stays_is_not_written() -> None:
    """A change that changes nothing costs no write."""
    storage = MemoryStorage()
    assert await States(storage, FakeTime().clock).change("a", lambda state: state) == State()
    assert storage.records == {}


async def test_a_loss_is_forgotten_when_a_snapshot_makes_up_for_it() -> None:
    """Those up to where its scan began; later ones stay."""
    losses = Losses(MemoryStorage(), FakeTime().clock)
    for number in (3, 5, 5, 9):
        await losses.note(at(number))
    assert await losses.all() == [at(3), at(5), at(9)]
    await losses.forget(at(5))
    assert await losses.all() == [at(9)]


async def test_one_scan_is_under_way_at_a_time() -> None:
    """Of two processes that begin one, or note a pack, the second is told."""
    scans, scanning = Scans(MemoryStorage(), FakeTime().clock), Scanning("one", at(3), NOON)
    with pytest.raises(Conflict):
        await scans.note(scanning)
    await scans.note(scanning, new=True)
    with pytest.raises(Conflict):
        await scans.note(Scanning("two", None, NOON), new=True)
    await scans.add(scanning, 0, PACK)
    with pytest.raises(Conflict):
        await scans.add(scanning, 0, PACK)
    assert await scans.packs(scanning) == [PACK]
    await scans.note(Scanning("one", at(3), NOON, NOON))
    assert await scans.current() == Scanning("one", at(3), NOON, NOON)


async def test_a_finished_scan_leaves_what_it_came_to() -> None:
    """And nothing else; another scan's notes are left alone."""
    storage = MemoryStorage()
    scans, scanning = Scans(storage, FakeTime().clock), Scanning("one", at(3), NOON)
    await scans.note(scanning, new=True)
    await scans.add(scanning, 0, PACK)
    for position in (at(7), at(8)):
        await scans.finish(scanning, Taken(position, at(3), NOON))
    assert await scans.taken() == Taken(Position(1, 8), at(3), NOON)
    assert await scans.current() is None
    await scans.note(Scanning("two", None, NOON), new=True)
    await scans.forget(scanning)
    assert await scans.current() == Scanning("two", None, NOON)
    assert len(storage.records) == 2
